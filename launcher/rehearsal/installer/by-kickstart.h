// SPDX-License-Identifier: Apache-2.0
// The installation that a kickstart file describes.
#pragma once

#include "launcher/rehearsal/installer/screens.h"

// Installs as the kickstart file at PATH on the payload says, without a key, to the reboot. Where something is wrong it
// says so and waits for ever.
_Noreturn void installer_kickstart(struct installer *installer, struct span path);
