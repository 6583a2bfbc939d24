// SPDX-License-Identifier: Apache-2.0
// ESXi's shutdown: a line for each subsystem, then a reset or power off. With a GICv3, ESXi 8 panics before that, and
// so does the guest.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

_Noreturn void shutdown_run(struct guest *guest, enum efi_reset_type type);
