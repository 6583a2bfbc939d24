// SPDX-License-Identifier: Apache-2.0
#include "verify/log/literals.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "verify/log/vector.h"

enum {
        PAIR = 2,                // the shortest word
        VECTOR = sizeof(vector), // bytes
};

// Reading a pattern. AT is the current position in it.

static bool is_quantifier(char character)
{
        return character && strchr("?*+{", character);
}

// The position after a class, [ to ]. A ] at its start is a member.
static const char *skip_class(const char *at)
{
        at++;
        at += *at == '^';
        at += *at == ']';
        for (; *at && *at != ']'; at++) {
                // A POSIX class, or an escaped character.
                if (*at == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '='))
                        return NULL;
                if (*at == '\\' && !*++at)
                        return NULL;
        }
        return *at ? at + 1 : NULL;
}

// The position after a group, ( to ). NULL if its content may change the meaning of the pattern outside.
static const char *skip_group(const char *at)
{
        size_t depth = 0;
        do {
                if (*at == '[') {
                        at = skip_class(at);
                        if (!at)
                                return NULL;
                        continue;
                }
                if (*at == '\\' && (!at[1] || isalpha((unsigned char)at[1])) && !strchr("bBdDsSwW", at[1]))
                        return NULL;
                if (*at == '(' && (at[1] == '*' || (at[1] == '?' && at[2] != ':')))
                        return NULL;
                depth += *at == '(';
                depth -= *at == ')';
                at += *at == '\\' ? 2 : 1;
        } while (*at && depth);
        return depth ? NULL : at;
}

// The position after a quantifier, if any. NULL if it is not understood.
static const char *skip_quantifier(const char *at, bool *optional)
{
        *optional = *at == '?' || *at == '*';
        if (*at == '{') {
                *optional = true;
                at = strchr(at, '}');
                if (!at)
                        return NULL;
        } else if (!is_quantifier(*at)) {
                return at;
        }
        at++;
        return at + (*at == '?' || *at == '+');
}

static void keep_longer(struct literal *best, struct literal *word)
{
        if (word->length > best->length)
                *best = *word;
        word->length = 0;
}

// Reads one character of an alternative. Appends it to WORD if it stands for itself.
static const char *read_plain(const char *at, struct literal *best, struct literal *word)
{
        bool escaped = *at == '\\';
        bool optional;
        if (escaped && at[1] && strchr("bBdDsSwW", at[1])) {
                keep_longer(best, word);
                return skip_quantifier(at + 2, &optional);
        }
        if (escaped && (!at[1] || isalnum((unsigned char)at[1]) || (at[1] & 0x80)))
                return NULL;
        char character = at[escaped];
        at += 1 + escaped;
        const char *after = skip_quantifier(at, &optional);
        if (optional || word->length == LITERAL_LONGEST)
                keep_longer(best, word);
        // A quantifier repeats a whole character, so a single byte of a non-ASCII character cannot be relied on.
        if (!optional && !(character & 0x80))
                word->text[word->length++] = character;
        if (after != at || (character & 0x80))
                keep_longer(best, word);
        return after;
}

// The longest word of the alternative at AT, which may end with |. NULL if that is unknown.
static const char *read_alternative(const char *at, struct literal *best)
{
        struct literal word = {0};
        bool optional;
        while (at && *at && *at != '|') {
                if (*at == ')' || is_quantifier(*at))
                        return NULL;
                if (strchr(".^$([", *at)) {
                        keep_longer(best, &word);
                        at = *at == '(' ? skip_group(at) : *at == '[' ? skip_class(at) : at + 1;
                        at = at ? skip_quantifier(at, &optional) : NULL;
                } else {
                        at = read_plain(at, best, &word);
                }
        }
        keep_longer(best, &word);
        return best->length >= PAIR ? at : NULL;
}

// Roughly how rare a byte is in a log, which is full of small letters and of digits, in times and addresses.
static unsigned rarity(char byte)
{
        if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == ' ')
                return 0;
        if (strchr(".,:-=/[]", byte))
                return 1;
        return 2;
}

// Where the rarest two bytes of WORD begin.
static size_t rarest_pair(const struct literal *word)
{
        size_t best = 0;
        unsigned most = 0;
        for (size_t i = 0; i + PAIR <= word->length; i++) {
                unsigned rare = rarity(word->text[i]) + rarity(word->text[i + 1]);
                if (rare <= most)
                        continue;
                most = rare;
                best = i;
        }
        return best;
}

static void add_to_tables(uint8_t nibbles[4][16], const char *pair, uint8_t bit)
{
        for (size_t i = 0; i < PAIR; i++) {
                uint8_t byte = (uint8_t)pair[i];
                nibbles[2 * i][byte & 0xF] |= bit;
                nibbles[2 * i + 1][byte >> 4] |= bit;
        }
}

// How many of the 65,536 pairs of bytes have BIT set in all four tables.
static unsigned pairs_of_bit(uint8_t nibbles[4][16], uint8_t bit)
{
        unsigned product = 1;
        for (size_t table = 0; table < 4; table++) {
                unsigned count = 0;
                for (size_t i = 0; i < 16; i++)
                        count += (nibbles[table][i] & bit) != 0;
                product *= count;
        }
        return product;
}

// A bit stands for several pairs, and then for every mixture of their halves. The word gets the bit to which it adds
// the fewest.
static void add_pair(struct literals *literals, size_t index)
{
        struct literal *word = &literals->words[index];
        unsigned fewest = UINT_MAX;
        word->pair = rarest_pair(word);
        for (unsigned shift = 0; shift < CHAR_BIT; shift++) {
                uint8_t bit = (uint8_t)(1U << shift);
                uint8_t tried[4][16];
                memcpy(tried, literals->nibbles, sizeof tried);
                add_to_tables(tried, word->text + word->pair, bit);
                unsigned added = pairs_of_bit(tried, bit) - pairs_of_bit(literals->nibbles, bit);
                if (added >= fewest)
                        continue;
                fewest = added;
                word->bit = bit;
        }
        add_to_tables(literals->nibbles, word->text + word->pair, word->bit);
}

bool literals_add(struct literals *literals, const char *pattern)
{
        size_t count = literals->count;
        for (;; pattern++) {
                struct literal best = {0};
                pattern = count < LITERALS_LIMIT ? read_alternative(pattern, &best) : NULL;
                if (!pattern)
                        return false;
                literals->words[count++] = best;
                if (!*pattern)
                        break;
        }
        while (literals->count < count)
                add_pair(literals, literals->count++);
        return true;
}

bool literals_add_word(struct literals *literals, const char *word)
{
        if (literals->count == LITERALS_LIMIT)
                return false;
        struct literal *added = &literals->words[literals->count];
        added->length = strlen(word);
        memcpy(added->text, word, added->length);
        add_pair(literals, literals->count++);
        return true;
}

// The search.

// Nonzero at the positions in TEXT (VECTOR + 1 bytes) that may have one of the pairs.
VECTOR_LOOK_UP static vector places_of_pairs(const struct literals *literals, const char *text)
{
        unsigned_vector first = (unsigned_vector)vector_load(text), second = (unsigned_vector)vector_load(text + 1);
        return vector_look_up(literals->nibbles[0], first & 0xF) & vector_look_up(literals->nibbles[1], first >> 4) &
               vector_look_up(literals->nibbles[2], second & 0xF) & vector_look_up(literals->nibbles[3], second >> 4);
}

// The bits of the pairs that may be in TEXT. The last bytes are checked together with earlier ones, so that no vector
// reaches past the end.
VECTOR_LOOK_UP static uint8_t bits_in(const struct literals *literals, const char *text, size_t length)
{
        char few[VECTOR + 1] = "";
        if (length <= VECTOR) {
                memcpy(few, text, length);
                text = few;
                length = sizeof few;
        }
        size_t last = length - VECTOR - 1;
        vector found = places_of_pairs(literals, text + last);
        for (size_t at = 0; at < last; at += VECTOR)
                found |= places_of_pairs(literals, text + at);
        uint8_t bits = 0;
        for (size_t i = 0; i < VECTOR; i++)
                bits |= (uint8_t)found[i];
        return bits;
}

// Looks for the rarer part of the word first.
static bool is_in(const struct literal *word, const char *text, size_t length)
{
        if (length < word->length)
                return false;
        const char *at = text + word->pair;
        const char *end = text + length - word->length + word->pair + 1;
        while (at < end && (at = memchr(at, word->text[word->pair], (size_t)(end - at)))) {
                if (memcmp(at - word->pair, word->text, word->length) == 0)
                        return true;
                at++;
        }
        return false;
}

bool literals_in(const struct literals *literals, const char *text, size_t length)
{
        uint8_t bits = vector_can_look_up() ? bits_in(literals, text, length) : UINT8_MAX;
        for (size_t i = 0; bits && i < literals->count; i++) {
                if (literals->words[i].bit & bits && is_in(&literals->words[i], text, length))
                        return true;
        }
        return false;
}
