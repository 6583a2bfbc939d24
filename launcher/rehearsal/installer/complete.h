// SPDX-License-Identifier: Apache-2.0
// The installer's last screen.
#pragma once

#include "launcher/rehearsal/installer/screens.h"

// Waits for Enter.
enum outcome installer_complete(struct installer *installer);
