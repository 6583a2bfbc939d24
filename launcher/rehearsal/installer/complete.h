// SPDX-License-Identifier: Apache-2.0
// The installer's last screen.
#pragma once

#include "launcher/rehearsal/installer/screens.h"

// The last screen. Waits for Enter, or, where the kickstart file says so, a moment.
enum outcome installer_complete(struct installer *installer);
void installer_complete_alone(struct installer *installer);
