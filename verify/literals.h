// SPDX-License-Identifier: Apache-2.0
//
// The words without which a pattern cannot match, and a quick look for any of a set of them: what lets nearly every line
// of a log pass without the regular expressions.
//
// A word is only taken from where the pattern cannot do without it: plain characters that stand side by side, outside of
// groups and classes, each there at least once; of alternatives, one word of each. What is not understood (options, verbs,
// quoting, an alternative without a word) makes no word, and then every line has to be matched.
//
// The search compares many bytes at once with the rarest pair of bytes in each word; only where one of the pairs is, it
// looks for the words themselves.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        LITERAL_LONGEST = 32, // bytes of a word that are looked for
        LITERALS_LIMIT = 64   // words in a set
};

// As many bytes as are compared at once.
typedef uint8_t literal_vector __attribute__((vector_size(16)));

// Some words. Starts as {0}; an empty set finds nothing.
struct literals {
        struct literal {
                size_t length;
                char text[LITERAL_LONGEST];
        } words[LITERALS_LIMIT];
        size_t count;
        struct literal_pair {
                literal_vector first, second; // one byte, in each place
        } pairs[LITERALS_LIMIT];
        size_t pair_count;
};

// Adds the words of PATTERN (PCRE2, without options). False where it has none, or there is no room: nothing is added.
bool literals_add(struct literals *literals, const char *pattern);

// Whether one of the words is in TEXT.
bool literals_in(const struct literals *literals, const char *text, size_t length);
