// SPDX-License-Identifier: Apache-2.0
// The purple screen: what is on the console of an ESXi that panics, with the words that scripts look for.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

enum panic_cause {
        PANIC_TOLD_TO, // the option `panic`
        PANIC_GIC_V3,  // ESXi 8 on a GICv3 when it reboots
        PANIC_COUNT,
};

// Shows it and hangs: no reset, interrupts alive.
_Noreturn void panic_show(struct guest *guest, enum panic_cause cause);
