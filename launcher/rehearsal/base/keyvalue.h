// SPDX-License-Identifier: Apache-2.0
// Text files of `key=value` lines, as esx-boot reads its BOOT.CFG: keys without regard to case, spaces around `=` and
// at the ends of a line ignored, `#` begins a comment, empty lines and CR are nothing. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// A part of a text that someone else keeps; no terminator.
struct span {
        const char *at;
        size_t size;
};

struct keyvalue {
        struct span key, value;
        unsigned line; // from 1
};

// Where a reader is in a text.
struct keyvalue_reader {
        struct span rest;
        unsigned line;
};

// Reads the next line that says anything. A line without `=` is a key with an empty value. False at the end.
bool keyvalue_next(struct keyvalue_reader *reader, struct keyvalue *pair);

// The value of the last line with KEY; an empty span if not found.
struct span keyvalue_find(struct span text, const char *key);
