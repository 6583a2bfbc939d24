// SPDX-License-Identifier: Apache-2.0
//
// A setting that may have several values. A given list replaces the whole stored list.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arguments.h"

// Texts are borrowed.
struct settings_list {
        struct arguments given; // on the command line: a CLI_LIST, which belongs to the command's values
        const json_t *stored;   // the array in machine.json, used if nothing is given; NULL if none
};

// The text at INDEX, NULL after the last. Empty texts are skipped, so that one empty text clears a stored list.
const char *settings_list_at(const struct settings_list *list, size_t index);
