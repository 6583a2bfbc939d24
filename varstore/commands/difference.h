// SPDX-License-Identifier: Apache-2.0
//
// How the commands show the differences between two stores.
#pragma once

#include <jansson.h>

#include "varstore/difference.h"

// The sentences about the boot chain, then one line for each variable they do not cover: `-` only in A, `+` only in B,
// `~` changed.
void difference_print(const struct differences *differences);

// "same", "boot" (the sentences), "only_a", "only_b" and "changed".
json_t *difference_json(const struct differences *differences);
