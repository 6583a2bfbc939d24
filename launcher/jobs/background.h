// SPDX-License-Identifier: Apache-2.0
//
// A command that continues in the background once it works.
//
// The process splits at the beginning, before anything is opened or started: the child does the work and reports to the
// user's terminal; the parent waits. Once the child has detached, it has no terminal, and the parent exits.
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct background {
        int report; // the child's; -1 otherwise
};

// Splits. Returns in the child with *IS_CHILD set, and in the parent once the child has detached or ended, with its
// exit code in *CODE. An interrupt of the parent is passed on to the child.
bool background_split(struct background *background, bool *is_child, int *code, struct error *err);

// Detaches the child: flushes its output, lets the parent exit with 0, and redirects standard input, output and error
// to /dev/null.
void background_let_go(struct background *background);
