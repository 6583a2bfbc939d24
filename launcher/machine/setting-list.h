// SPDX-License-Identifier: Apache-2.0
//
// A setting that may have several values. A given list replaces the whole stored list.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arguments.h"

// Texts, borrowed from where they were found.
struct settings_list {
        struct arguments given; // on the command line: a CLI_LIST, which belongs to the command's values
        const json_t *stored;   // in machine.json, an array of texts; NULL if none. Used if nothing is given
};

// The text at INDEX, NULL after the last. Empty ones are skipped, so a list given as one empty text is empty: this is
// how a user clears a stored list.
const char *settings_list_at(const struct settings_list *list, size_t index);
