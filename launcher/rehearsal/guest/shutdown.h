// SPDX-License-Identifier: Apache-2.0
// How ESXi goes down: a line a subsystem, then the machine is reset or switched off. On a machine with a GICv3 it does
// not get that far: ESXi 8 panics there, and so does the guest.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

_Noreturn void shutdown_run(struct guest *guest, enum efi_reset_type type);
