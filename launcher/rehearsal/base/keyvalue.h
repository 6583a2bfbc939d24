// SPDX-License-Identifier: Apache-2.0
// Text files of `key=value` lines: keys without regard to case, blanks at the ends of a line and behind `=` ignored, `#`
// begins a comment, empty lines and CR are nothing. REHEARSE.CFG may have blanks before `=`, BOOT.CFG may not. Pure.
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

// The value of KEY, one of BOOT.CFG's, as esx-boot finds it: in the last line whose text before `=` is KEY or a beginning of
// it that is not one of an earlier key of its table. Blanks inside the value are left as they are. An empty span if not found.
// Source: VMware's esx-boot, bootlib/parse.c and mboot/config.c.
struct span keyvalue_find(struct span text, const char *key);
