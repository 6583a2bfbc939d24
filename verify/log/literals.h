// SPDX-License-Identifier: Apache-2.0
//
// The words without which a pattern cannot match, and a quick search for any of them, so that few lines of a log need a
// regular expression.
//
// A word is a run of plain characters that every match must contain: outside groups and classes, each repeated at least
// once; with alternatives, one word from each. A pattern that is not understood (options, verbs, quoting, an
// alternative without a word) has no words, and every line must be matched.
//
// The search looks for the rarest byte pair of each word in sixteen bytes at once, and compares the words only if a
// pair may be there. Its tables are those of "Teddy" (G. Langdale, Hyperscan) for two bytes.
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
                size_t pair; // where its rarest two bytes begin
                uint8_t bit; // that they have in the tables below
        } words[LITERALS_LIMIT];
        size_t count;
        // Indexed by the low and high four bits of a pair's first byte, then of its second. If a bit is set in all four
        // tables, one of its pairs may be there.
        uint8_t nibbles[4][16];
};

// Adds the words of PATTERN (PCRE2, without options). False, with nothing added, if it has none or there is no room.
bool literals_add(struct literals *literals, const char *pattern);

// Adds WORD itself, of 2 to LITERAL_LONGEST bytes. False if there is no room.
bool literals_add_word(struct literals *literals, const char *word);

// Whether one of the words is in TEXT.
bool literals_in(const struct literals *literals, const char *text, size_t length);
