// SPDX-License-Identifier: Apache-2.0
// The installer: ESXi's screens in order, each a step.
#pragma once

#include "launcher/rehearsal/guest/guest.h"
#include "launcher/rehearsal/guest/payload.h"

// Runs the installer up to the reboot.
_Noreturn void installer_run(struct guest *guest, const struct payload *payload);
