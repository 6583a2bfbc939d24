// SPDX-License-Identifier: Apache-2.0
//
// A command that continues in the background once it works.
//
// The process splits at the beginning, before anything is opened or started: the child does the work and reports to the
// user's terminal; the parent waits. When the child detaches, the parent ends with the exit code from the child, and
// the child has no terminal any more.
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct background {
        int report; // the child's; -1 otherwise
};

// Splits. In the child, *IS_CHILD; it goes on. In the parent the call returns once the child has let go or has ended, and *CODE
// is the exit code; what interrupts the parent meanwhile is handed on to the child.
bool background_split(struct background *background, bool *is_child, int *code, struct error *err);

// In the child: the parent ends with 0, and standard input, output and errors lead nowhere from now on. Everything that was
// printed so far is out.
void background_let_go(struct background *background);
