// SPDX-License-Identifier: Apache-2.0
//
// A setting that may have several values. A list is taken whole: one that is given replaces the one that is stored.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arguments.h"

// Texts, borrowed from where they were found.
struct settings_list {
        struct arguments given; // on the command line: a CLI_LIST, which belongs to the command's values
        const json_t
                *stored; // in machine.json, an array of texts; NULL where it has none. Counts where nothing is given
};

// The text at INDEX, NULL after the last. Empty ones are left out, so that a list which is given as one empty text has
// none: that is how a stored list is got rid of.
const char *settings_list_at(const struct settings_list *list, size_t index);
