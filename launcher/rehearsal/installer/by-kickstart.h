// SPDX-License-Identifier: Apache-2.0
// Installation by kickstart file.
#pragma once

#include "launcher/rehearsal/installer/screens.h"

// Installs and reboots as the kickstart file at PATH on the payload says, without keys. Shows an error, if there is one,
// and waits for Enter.
_Noreturn void installer_kickstart(struct installer *installer, struct span path);
