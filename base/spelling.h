// SPDX-License-Identifier: Apache-2.0
//
// Suggestions for mistyped words.
#pragma once

#include <stddef.h>

// How many insertions, deletions, replacements or swaps of neighbours turn A into B.
size_t spelling_distance(const char *a, const char *b);

// The spelling in the NULL-terminated NAMES that is nearest to WORD; NULL if none is close.
const char *spelling_nearest(const char *word, const char *const *names);
