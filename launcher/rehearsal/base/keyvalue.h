// SPDX-License-Identifier: Apache-2.0
// Text files of `key=value` lines, as esx-boot reads BOOT.CFG: keys in upper or lower case; spaces around `=` and at
// the ends of a line, empty lines and CR are ignored; `#` begins a comment. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// A borrowed part of a text, without terminator.
struct span {
        const char *at;
        size_t size;
};

struct keyvalue {
        struct span key, value;
        unsigned line; // from 1
};

struct keyvalue_reader {
        struct span rest;
        unsigned line;
};

// Reads the next pair. A line without `=` is a key with an empty value. False at the end.
bool keyvalue_next(struct keyvalue_reader *reader, struct keyvalue *pair);

// The last value of KEY; an empty span if not found.
struct span keyvalue_find(struct span text, const char *key);
