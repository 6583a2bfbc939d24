// SPDX-License-Identifier: Apache-2.0
// The purple screen: what ESXi prints when it panics, with the words that scripts look for.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

enum panic_cause {
        PANIC_TOLD_TO, // the option `panic`
        PANIC_GIC_V3,  // ESXi 8's panic when it reboots with a GICv3
        PANIC_COUNT,
};

// Prints it and hangs, with interrupts enabled.
_Noreturn void panic_show(struct guest *guest, enum panic_cause cause);
