// SPDX-License-Identifier: Apache-2.0
// The guest as installer: ESXi's screens in their order, each a step of its own.
#pragma once

#include "launcher/rehearsal/guest/guest.h"
#include "launcher/rehearsal/guest/payload.h"

// Runs the installer to the reboot.
_Noreturn void installer_run(struct guest *guest, const struct payload *payload);
