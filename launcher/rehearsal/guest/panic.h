// SPDX-License-Identifier: Apache-2.0
// The purple screen: what ESXi prints when it panics, with its structure and the words that scripts look for.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// Prints it and hangs, with interrupts enabled.
_Noreturn void panic_show(struct guest *guest, enum panic_kind kind);

// Prints a backtrace, as a warning in ESXi's log has it. Not a panic.
void panic_warn(struct guest *guest);
