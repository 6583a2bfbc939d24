// SPDX-License-Identifier: Apache-2.0
// Decodes keys from a terminal's bytes: control characters, and the sequences of xterm and the VT220. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum key_name {
        KEY_NONE, // no key came
        KEY_CHARACTER,
        KEY_ENTER,
        KEY_TAB,
        KEY_BACKSPACE,
        KEY_ESCAPE,
        KEY_UP,
        KEY_DOWN,
        KEY_F2,
        KEY_F9,
        KEY_F11,
        KEY_F12,
        KEY_OTHER, // any other sequence
};

struct key {
        enum key_name name;
        char character; // of KEY_CHARACTER: printable ASCII
};

// A set of keys: bit (1 << name).
typedef unsigned key_set;

#define KEY_BIT(name) (1u << (name))

// The longest sequence; a longer one is read as several keys.
#define KEY_SEQUENCE_MAX 8

// Reads one key from the front of BYTES and returns how many bytes it took. Returns 0 if more bytes are needed: ESC may
// be the Esc key or start a sequence. COMPLETE: no more will come.
size_t key_decode(const char *bytes, size_t size, bool complete, struct key *key);
