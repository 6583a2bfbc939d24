// SPDX-License-Identifier: Apache-2.0
// Text files of `key=value` lines: keys in upper or lower case; spaces at the ends of a line and after `=`, empty lines
// and CR are ignored; `#` begins a comment. REHEARSE.CFG may have spaces before `=`, BOOT.CFG may not. Pure.
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

// The value of KEY, one of BOOT.CFG's, as esx-boot finds it: in the last line whose text before `=` is KEY or a beginning
// of it that no earlier key of its table has. Spaces inside the value stay. An empty span if not found.
// Source: VMware's esx-boot, bootlib/parse.c and mboot/config.c.
struct span keyvalue_find(struct span text, const char *key);
