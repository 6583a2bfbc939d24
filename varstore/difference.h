// SPDX-License-Identifier: Apache-2.0
//
// The differences between two stores, A and B: by variable, and in sentences for the boot chain.
//
// Only live variables are compared, wherever their records are. A blank store has none.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "varstore/varstore.h"

// A variable that only A or only B has (the other pointer is NULL), or that differs.
struct difference {
        const struct variable *a, *b; // of the stores
        bool attributes, data;
        bool stamps; // count, time stamp or key index of an authenticated record
        bool told;   // the sentences describe the whole difference
};

// A sentence without a full stop, `BootOrder is 0004,0001, was 0001`. To print, use text_printable.
struct difference_sentence {
        char *variable; // its subject; NULL if several
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
