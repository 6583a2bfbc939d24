// SPDX-License-Identifier: Apache-2.0
//
// The words without which a pattern cannot match, and a quick look for any of a set of them: what lets nearly every line
// of a log pass without the regular expressions.
//
// A word is only taken from where the pattern cannot do without it: plain characters that stand side by side, outside of
// groups and classes, each there at least once; of alternatives, one word of each. What is not understood (options, verbs,
// quoting, an alternative without a word) makes no word, and then every line has to be matched.
//
// The search tells for sixteen bytes at once, whatever the number of words, whether the rarest pair of bytes of one of them may
// be there; only then it looks for the words themselves. Its tables are those of "Teddy" (G. Langdale, Hyperscan) for two bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        LITERAL_LONGEST = 32, // bytes of a word that are looked for
        LITERALS_LIMIT = 64   // words in a set
};

// Some words. Starts as {0}; an empty set finds nothing.
struct literals {
        struct literal {
                size_t length;
                char text[LITERAL_LONGEST];
        } words[LITERALS_LIMIT];
        size_t count;
        // What the pairs' bytes are made of: the low and the high four bits of the first byte, then of the second one. Each pair
        // has a bit; where all four tables have it set, the pair may be.
        uint8_t nibbles[4][16];
};

// Adds the words of PATTERN (PCRE2, without options). False where it has none, or there is no room: nothing is added.
bool literals_add(struct literals *literals, const char *pattern);

// Whether one of the words is in TEXT.
bool literals_in(const struct literals *literals, const char *text, size_t length);
