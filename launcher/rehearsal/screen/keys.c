// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/screen/keys.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"

#define ESC '\x1B'

static const struct {
        const char *bytes; // after ESC
        enum key_name name;
} sequences[] = {
        {"[A", KEY_UP}, {"OA", KEY_UP},   {"[B", KEY_DOWN},  {"OB", KEY_DOWN},  {"[12~", KEY_F2},
        {"OQ", KEY_F2}, {"[20~", KEY_F9}, {"[23~", KEY_F11}, {"[24~", KEY_F12},
};

static const struct {
        char byte;
        enum key_name name;
} controls[] = {
        {'\r', KEY_ENTER}, {'\n', KEY_ENTER}, {'\t', KEY_TAB}, {'\b', KEY_BACKSPACE}, {'\x7F', KEY_BACKSPACE},
};

static struct key single_key(char byte)
{
        for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
                if (controls[i].byte == byte)
                        return (struct key){.name = controls[i].name};
        if (byte >= ' ' && byte < '\x7F')
                return (struct key){.name = KEY_CHARACTER, .character = byte};
        return (struct key){.name = KEY_OTHER};
}

// The length of the sequence at BYTES (after ESC): "[" and parameters up to a letter or `~`, or "O" and one character.
// 0 if it is incomplete.
static size_t sequence_length(const char *bytes, size_t size)
{
        if (bytes[0] == 'O')
                return size < 2 ? 0 : 2;
        for (size_t i = 1; i < size; i++)
                if (bytes[i] >= '@' && bytes[i] <= '~')
                        return i + 1;
        return 0;
}

static enum key_name sequence_name(const char *bytes, size_t size)
{
        for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
                if (text_length(sequences[i].bytes) == size && !memcmp(sequences[i].bytes, bytes, size))
                        return sequences[i].name;
        return KEY_OTHER;
}

size_t key_decode(const char *bytes, size_t size, bool complete, struct key *key)
{
        *key = (struct key){0};
        if (!size)
                return 0;
        if (bytes[0] != ESC) {
                *key = single_key(bytes[0]);
                return 1;
        }
        bool sequence = size > 1 && (bytes[1] == '[' || bytes[1] == 'O');
        size_t length = sequence ? sequence_length(bytes + 1, size - 1) : 0;
        if (length) {
                key->name = sequence_name(bytes + 1, length);
                return 1 + length;
        }
        if ((size == 1 || sequence) && !complete && size < KEY_SEQUENCE_MAX)
                return 0;
        key->name = sequence ? KEY_OTHER : KEY_ESCAPE;
        return sequence ? size : 1;
}
