// SPDX-License-Identifier: Apache-2.0
//
// What differs between two stores, A and B: variable by variable, and for the boot chain in words.
//
// Only what the firmware sees counts: live variables, wherever their records lie. A blank store has none.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "varstore/varstore.h"

// A variable that only A or only B has (the other pointer is NULL), or that is not the same in both.
struct difference {
        const struct variable *a, *b; // of the stores
        bool attributes, data;
        bool stamps; // count, time stamp or key index of an authenticated record
        bool told;   // the sentences say all of it
};

// A sentence without a full stop, not fit for a terminal before text_printable: `BootOrder is 0004,0001, was 0001`.
struct difference_sentence {
        char *variable; // that it is about; NULL for one about what follows from several
        char *text;
};

struct differences {
        struct difference *items; // by name, then by vendor
        size_t count;
        struct difference_sentence *sentences;
        size_t sentence_count;
};

// Compares A and B, which must outlive the differences unchanged.
void differences_find(const struct varstore *a, const struct varstore *b, struct differences *differences);
void differences_free(struct differences *differences);
#define AUTO_DIFFERENCES __attribute__((cleanup(differences_free)))
