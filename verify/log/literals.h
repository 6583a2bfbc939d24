// SPDX-License-Identifier: Apache-2.0
//
// The words without which a pattern cannot match, and a quick search for any of a set of them, so that nearly every
// line of a log needs no regular expression.
//
// A word is a run of plain characters that every match must contain: outside groups and classes, each repeated at least
// once; with alternatives, one word from each. A pattern that is not understood (options, verbs, quoting, an
// alternative without a word) yields no words, and then every line has to be matched.
//
// The search checks sixteen bytes at once, whatever the number of words, for the rarest byte pair of any word; only if
// a pair may be there does it compare the words themselves. Its tables are those of "Teddy" (G. Langdale, Hyperscan)
// for two bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        LITERAL_LONGEST = 32, // bytes of a word that are searched for
        LITERALS_LIMIT = 64   // words in a set
};

// A set of words. Start from {0}; an empty set finds nothing.
struct literals {
        struct literal {
                size_t length;
                char text[LITERAL_LONGEST];
        } words[LITERALS_LIMIT];
        size_t count;
        // Tables indexed by the low and high four bits of a pair's first byte, then of its second byte. Each pair has a
        // bit; if all four tables have it set, the pair may be there.
        uint8_t nibbles[4][16];
};

// Adds the words of PATTERN (PCRE2, without options). False, with nothing added, if it has none or there is no room.
bool literals_add(struct literals *literals, const char *pattern);

// Whether one of the words is in TEXT.
bool literals_in(const struct literals *literals, const char *text, size_t length);
