// SPDX-License-Identifier: Apache-2.0
//
// The user's terminal on the guest's console: what the guest prints is shown, what is typed goes to the guest.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/vm.h"

// Attaches standard input and output to VM until the guest powers off or resets with QEMU ending, or the user types
// Ctrl-]. Where standard input is no terminal, the guest is only shown, until it ends or the user interrupts. Fails where
// QEMU fails.
bool attach_run(struct vm *vm, struct error *err);
