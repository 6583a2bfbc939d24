// SPDX-License-Identifier: Apache-2.0
// Keys out of the bytes that a terminal sends: the control characters and the sequences of xterm and the VT220. Pure.
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
        KEY_OTHER, // a sequence nobody here asks for
};

struct key {
        enum key_name name;
        char character; // of KEY_CHARACTER: printable ASCII
};

// A set of keys: bit (1 << name).
typedef unsigned key_set;

#define KEY_BIT(name) (1u << (name))

// The longest sequence that is waited for; what is longer falls apart.
#define KEY_SEQUENCE_MAX 8

// Takes one key off the front of BYTES and returns how many bytes it was. Returns 0 if more bytes may follow: an
// ESC may be the Esc key or the start of a sequence. COMPLETE says that no more will come.
size_t key_decode(const char *bytes, size_t size, bool complete, struct key *key);
