// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C, SIGTERM and SIGHUP. After interrupt_catch these signals no longer end the program: they are recorded, and
// code that waits also waits for interrupt_descriptor, then cleans up and fails with ERROR_INTERRUPTED. The third
// signal ends the program at once.
#pragma once

#include <stdbool.h>

#include "base/error.h"

void interrupt_catch(void);

// For a child after fork: it handles its own signals, and none has arrived yet.
void interrupt_renew(void);

// Readable once a signal has arrived, and from then on; -1 before interrupt_catch.
int interrupt_descriptor(void);

bool interrupt_pending(void);

// False, with ERROR_INTERRUPTED in ERR, if a signal has arrived: `if (!interrupt_check(err)) return false;`.
bool interrupt_check(struct error *err);
