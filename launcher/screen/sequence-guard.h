// SPDX-License-Identifier: Apache-2.0
//
// Keeps from libvterm what it cannot take. It has room for 16 parameters of a control sequence (CSI; ECMA-48, 5.4), and
// versions up to 0.1.4 write past them where a guest sends more.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Where the stream is. Begins zeroed.
struct sequence_guard {
        enum {
                GUARD_TEXT,
                GUARD_ESCAPE,
                GUARD_SEQUENCE
        } state;
        unsigned separators; // of the control sequence so far
};

// How many of SIZE BYTES may go to libvterm: all of them, or those before one that has to be left out. GUARD is then past
// that one.
size_t sequence_guard_pass(struct sequence_guard *guard, const uint8_t *bytes, size_t size);
