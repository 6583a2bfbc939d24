// SPDX-License-Identifier: Apache-2.0
// Breaks text into rows of a box: at blanks, and inside a word that is longer than a row, which then begins in the rest
// of the row before (as Python's textwrap, which ESXi's installer uses). Pure.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"

// Takes the next row of at most COLUMNS (at least 1) characters from the front of TEXT. A newline ends a row. False at
// the end of TEXT.
bool wrap_next(struct span *text, size_t columns, struct span *row);

// How many rows TEXT takes.
size_t wrap_count(const char *text, size_t columns);
