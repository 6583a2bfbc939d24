// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/garbage.h"

#include "launcher/rehearsal/base/memory.h"

#define PIECE(literal)                                                                                                 \
        {                                                                                                              \
                literal, sizeof(literal) - 1                                                                           \
        }

static const struct piece {
        const char *bytes;
        size_t size;
} pieces[] = {
        // UTF-8 that is truncated, overlong, a surrogate, or beyond U+10FFFF, and bytes that never begin a character.
        PIECE("cut \xC3 cut \xE2\x82 cut \xF0\x9F\x98 "),
        PIECE("long \xC0\x80 \xE0\x80\xAF \xF0\x80\x80\xAF "),
        PIECE("no character \xED\xA0\x80 \xED\xBF\xBF \xF4\x90\x80\x80 \xFF\xFE \x80\xBF "),
        PIECE("\xC3\xC3\xC3\xBC\xBC\xBC \xE2\x28\xA1 \xF0\x28\x8C\xBC "),
        // C1 controls as single bytes and as characters.
        PIECE("\x84\x85\x8D\x9B"
              "31m \xC2\x84\xC2\x85\xC2\x9B"
              "32m "),
        // Control sequences that are cut off by the next one, have too many parameters, or have none.
        PIECE("\x1B[12;\x1B[3\x1B[1;31m\x1B[999999999999999999;4294967296H "),
        PIECE("\x1B[;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;m \x1B[?1;2;3;4;5$~ \x1B[<>?m "),
        PIECE("\x1B#8\x1B(0qqq\x1B(B\x0E\x0F\x1B[20;2r\x1B[5;3r"),
        // Strings for the terminal: unterminated, and with both terminators.
        PIECE("\x1B]0;a title without an end, "),
        PIECE("still the title\r\nand still\x1B\\"),
        PIECE("\x1B]2;ended by BEL\a \x1BPa device control string\x1B\\ \x1B^private\x1B\\ \x1B_application\x1B\\"),
        PIECE("\x90\x9D\x98 eight-bit strings \x9C"),
        PIECE("a\b\b\b\b\b\v\f\a\x7F\x7F line without an end "),
};

#define PIECES (sizeof pieces / sizeof *pieces)
#define ALL    PIECES       // every byte value, in order
#define NOISE  (PIECES + 1) // the same number of random bytes
#define ROUND  (PIECES + 2)

const char garbage_end[] = "\x18\x1B\\\x1B"
                           "c\r\n";

// The generator of Numerical Recipes; its upper bits are random enough.
static size_t make_noise(unsigned seed, char out[GARBAGE_PIECE_MAX])
{
        for (size_t i = 0; i < GARBAGE_PIECE_MAX; i++) {
                seed = seed * 1664525u + 1013904223u;
                out[i] = (char)(seed >> 24);
        }
        return GARBAGE_PIECE_MAX;
}

static size_t make_all(char out[GARBAGE_PIECE_MAX])
{
        for (size_t i = 0; i < GARBAGE_PIECE_MAX; i++)
                out[i] = (char)i;
        return GARBAGE_PIECE_MAX;
}

size_t garbage_piece(unsigned number, char out[GARBAGE_PIECE_MAX])
{
        size_t which = number % ROUND;
        if (which == ALL)
                return make_all(out);
        if (which == NOISE)
                return make_noise(number % (ROUND * 64), out);
        memcpy(out, pieces[which].bytes, pieces[which].size);
        return pieces[which].size;
}
