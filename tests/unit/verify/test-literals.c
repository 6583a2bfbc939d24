// SPDX-License-Identifier: Apache-2.0
//
// The oracle is PCRE2: if it finds a pattern, its words must be found.
#define PCRE2_CODE_UNIT_WIDTH 8

#include "tests/unit/scratch.h"

#include <pcre2.h>

#include "verify/log/literals.h"

TEST(the_words_of_a_pattern)
{
        static const struct {
                const char *pattern, *words; // NULL if none
        } cases[] = {
                {"PSOD", "PSOD"},
                {"its\\.c:2934", "its.c:2934"},
                {"BdsDxe: (loading|starting) Boot[0-9A-F]{4}", "BdsDxe: "},
                {"VMware ESXi [0-9.]+ \\[Releasebuild", " [Releasebuild"},
                {"ESXi 8\\.\\d+\\.\\d* \\[Releasebuild", " [Releasebuild"},
                {"Starting service DCUI|To manage this host,? go to:", "Starting service DCUI|To manage this host"},
                {"Boot complete \\(2/2\\)", "Boot complete (2/2)"},
                {"ab?cd", "cd"},
                {"ab+cd", "ab"},
                {"abc*", "ab"},
                {"abc{0,3}de", "ab"},
                {"^abc$", "abc"},
                {"\\bword\\b", "word"},
                {"(?:abc)def", "def"},
                {"a.b.cd", "cd"},
                {"[)]abc[]|]de", "abc"},
                {"gr\xC3\xB6\xC3\x9F|er", "gr|er"},
                {"", NULL},
                {"a", NULL},
                {"abc|", NULL},
                {"(abc|def)", NULL},
                {"(?i)abc", NULL},
                {"abc(?i)def", NULL},
                {"(?i:abc)def", NULL},
                {"(*ACCEPT)abc", NULL},
                {"\\Qa.b\\E", NULL},
                {"\\x41bc", NULL},
                {"(?x)a b c", NULL},
                {"(?(?=a)b|c)def", NULL},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                static struct literals literals;
                memset(&literals, 0, sizeof literals);
                bool any = literals_add(&literals, cases[i].pattern);
                if (any != (cases[i].words != NULL))
                        fail_msg("%s", cases[i].pattern);
                AUTO_TEXT struct text words = {0};
                for (size_t j = 0; j < literals.count; j++) {
                        text_add(&words, j ? "|" : "");
                        text_add_span(&words, literals.words[j].text, literals.words[j].length);
                }
                assert_string_equal(text_string(&words), any ? cases[i].words : "");
        }
}

TEST(a_word_is_found_at_every_place)
{
        static struct literals literals;
        memset(&literals, 0, sizeof literals);
        assert_true(literals_add(&literals, "PSOD|VERIFY bora/|xy"));
        for (size_t length = 0; length < 80; length++) {
                for (size_t at = 0; at < length; at++) {
                        AUTO_FREE char *text = memory_new(length, 1);
                        memset(text, '.', length);
                        assert_false(literals_in(&literals, text, length));
                        size_t size = length - at < 4 ? length - at : 4;
                        memcpy(text + at, "PSOD", size);
                        assert_int_equal(literals_in(&literals, text, length), size == 4);
                        memset(text, 'x', length);
                        text[at] = 'y';
                        assert_int_equal(literals_in(&literals, text, length), at > 0);
                }
        }
        static const struct literals none;
        assert_false(literals_in(&none, "PSOD", 4));
}

static uint32_t random_state = 3;
static const char *pick(const char *const *of, size_t count)
{
        random_state = random_state * 1664525 + 1013904223;
        return of[(random_state >> 8) % count];
}

static void check_against_pcre2(const char *pattern)
{
        static const char *const parts[] = {"a", "b", "ab", "ba", "c", "(", "]", " ", "aa", "bc", "\xC3\xA9", "|"};
        static struct literals literals;
        memset(&literals, 0, sizeof literals);
        int number;
        PCRE2_SIZE place;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &number, &place, NULL);
        if (!code)
                return;
        pcre2_match_data *match = pcre2_match_data_create(1, NULL);
        bool any = literals_add(&literals, pattern);
        for (int i = 0; any && i < 30; i++) {
                AUTO_TEXT struct text text = {0};
                for (int count = i; count; count--)
                        text_add(&text, pick(parts, sizeof parts / sizeof *parts));
                bool found = pcre2_match(code, (PCRE2_SPTR)text_string(&text), text.length, 0, 0, match, NULL) >= 0;
                if (found && !literals_in(&literals, text_string(&text), text.length))
                        fail_msg("%s is in %s", pattern, text_string(&text));
        }
        pcre2_match_data_free(match);
        pcre2_code_free(code);
}

TEST(no_line_that_a_pattern_matches_is_passed_over)
{
        static const char *const parts[] = {
                "a",   "b",   "ab",  "bc",  "c",     "|",   "(",        ")", "(?:", "[ab]", "[^a]", "[]c]",
                "?",   "*",   "+",   "{2}", "{0,1}", "{",   ".",        "^", "$",   "\\(",  "\\]",  "\\b",
                "\\w", "\\d", "\\|", "\\1", "(?i)",  "(?=", "\xC3\xA9", " ", "+?",  "*+",
        };
        for (int round = 0; round < 20000; round++) {
                AUTO_TEXT struct text pattern = {0};
                for (int count = 1 + round % 9; count; count--)
                        text_add(&pattern, pick(parts, sizeof parts / sizeof *parts));
                check_against_pcre2(text_string(&pattern));
        }
}
