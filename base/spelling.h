// SPDX-License-Identifier: Apache-2.0
//
// What somebody who mistyped a word may have meant.
#pragma once

#include <stddef.h>

// How many insertions, deletions, replacements or swaps of neighbours turn A into B.
size_t spelling_distance(const char *a, const char *b);

// The spelling in the NULL-terminated NAMES that is nearest to WORD, NULL where none is near.
const char *spelling_nearest(const char *word, const char *const *names);
