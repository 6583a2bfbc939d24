// SPDX-License-Identifier: Apache-2.0
// The installer's last screen.
#pragma once

#include "launcher/rehearsal/installer/screens.h"

// installer_complete waits for Enter; installer_complete_alone shows it briefly, for a kickstart with `reboot`.
enum outcome installer_complete(struct installer *installer);
void installer_complete_alone(struct installer *installer);
