// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/sequence-guard.h"

#include <stdbool.h>
#include <string.h>

enum {
        PARAMETERS = 16, // CSI_ARGS_MAX of libvterm
        CAN = 0x18,
        SUB = 0x1A,
        ESC = 0x1B,
        DEL = 0x7F,
};

// Whether BYTE leaves a sequence as it is: the terminal obeys a control character in its middle.
static bool is_transparent(uint8_t byte)
{
        return (byte < ' ' && byte != CAN && byte != SUB) || byte == DEL;
}

// Whether BYTE may stand in a control sequence before its last one: parameters and intermediate bytes.
static bool is_inside(uint8_t byte)
{
        return byte >= ' ' && byte < '@';
}

// Whether BYTE is one too many.
static bool step(struct sequence_guard *guard, uint8_t byte)
{
        if (byte == ESC) {
                guard->state = GUARD_ESCAPE;
        } else if (is_transparent(byte)) {
                return false;
        } else if (guard->state == GUARD_ESCAPE && byte == '[') {
                *guard = (struct sequence_guard){.state = GUARD_SEQUENCE};
        } else if (guard->state == GUARD_SEQUENCE && is_inside(byte)) {
                bool separates = byte == ';' || byte == ':';
                return separates && ++guard->separators >= PARAMETERS;
        } else {
                guard->state = GUARD_TEXT;
        }
        return false;
}

size_t sequence_guard_pass(struct sequence_guard *guard, const uint8_t *bytes, size_t size)
{
        for (size_t at = 0; at < size; at++) {
                if (guard->state == GUARD_TEXT) {
                        const uint8_t *escape = memchr(bytes + at, ESC, size - at);
                        if (!escape)
                                return size;
                        at = (size_t)(escape - bytes);
                }
                if (step(guard, bytes[at]))
                        return at;
        }
        return size;
}
