// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C and its like. After interrupt_catch, SIGINT, SIGTERM and SIGHUP no longer end the program: they are noted, and
// whoever waits for something waits for interrupt_descriptor too, puts its house in order and fails with
// ERROR_INTERRUPTED. The third one ends the program at once, for the user who means it.
#pragma once

#include <stdbool.h>

#include "base/error.h"

void interrupt_catch(void);

// In a child that fork made: its signals are its own, and none has come yet.
void interrupt_renew(void);

// Readable once a signal came, and for ever after; -1 before interrupt_catch.
int interrupt_descriptor(void);

bool interrupt_pending(void);

// False with ERROR_INTERRUPTED in ERR where a signal came: `if (!interrupt_check(err)) return false;`.
bool interrupt_check(struct error *err);
