// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // posix_openpt
#include "tests/unit/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/wrap.h"

static void assert_wrapped(const char *text, size_t width, const char *expected)
{
        AUTO_TEXT struct text out = {0};
        wrap_text(&out, text, width);
        assert_string_equal(text_string(&out), expected);
}

TEST(words_go_to_the_next_line_before_they_reach_beyond_the_width)
{
        assert_wrapped("one two three", 13, "one two three\n");
        assert_wrapped("one two three", 12, "one two\nthree\n");
        assert_wrapped("one two three", 7, "one two\nthree\n");
        assert_wrapped("one two three", 6, "one\ntwo\nthree\n");
        assert_wrapped("", 10, "");
        // A character is one column, however many bytes it takes.
        assert_wrapped("ää ö üü", 4, "ää ö\nüü\n");
}

TEST(newlines_are_spaces_and_empty_lines_separate_paragraphs)
{
        assert_wrapped("one\ntwo\n\nthree\nfour", 20, "one two\n\nthree four\n");
        assert_wrapped("one\n\n\ntwo\n", 20, "one\n\n\ntwo\n");
        assert_wrapped("\none", 20, "\none\n");
}

TEST(a_word_longer_than_a_line_is_broken)
{
        assert_wrapped("a bcdefghijk l", 4, "a\nbcde\nfghi\njk l\n");
        assert_wrapped("äöüäöü", 4, "äöüä\nöü\n");
}

TEST(an_indented_line_stays_a_line_with_its_columns)
{
        assert_wrapped("before\n  one  the first thing\n  two  the second\nafter", 20,
                       "before\n  one  the first\n       thing\n  two  the second\nafter\n");
        assert_wrapped("  a line of its own", 12, "  a line of\n  its own\n");
        // Indentation leaves half of the width to the words.
        assert_wrapped("              far out", 10, "     far\n     out\n");
}

TEST(a_row_has_two_sides_and_a_column)
{
        static const char *const lefts[] = {"--a", "--long-one", "--far-too-long-for-it"};
        AUTO_TEXT struct text out = {0};
        size_t column = 0;
        for (size_t i = 0; i < 3; i++)
                wrap_fit(&column, lefts[i], 40);
        assert_int_equal(column, 14);
        wrap_row(&out, lefts[0], "what it is for, in more words than a line", column, 40);
        wrap_row(&out, lefts[1], "  belongs to the one above, and it is long", column, 40);
        wrap_row(&out, lefts[2], "below", column, 40);
        assert_string_equal(text_string(&out), "  --a         what it is for, in more\n"
                                               "              words than a line\n"
                                               "  --long-one    belongs to the one\n"
                                               "                above, and it is long\n"
                                               "  --far-too-long-for-it\n"
                                               "              below\n");
}

TEST(later_lines_of_a_usage_line_are_indented)
{
        AUTO_TEXT struct text out = {0};
        wrap_line(&out, "usage: tool show [OPTION...] FILE", 7, 18);
        assert_string_equal(text_string(&out), "usage: tool show\n       [OPTION...]\n       FILE\n");
}

// Whatever the text and the width, no line is longer, and no character is lost.
TEST(no_line_is_longer_than_the_width)
{
        static const char text[] = "A paragraph with averyveryveryverylongword in it,\nand lines.\n\n"
                                   "  item-of-a-list   and what there is to be reported of it\n"
                                   "      deeper\n  only-one-word-that-is-longer-than-most-lines-here\nend";
        AUTO_TEXT struct text all = {0};
        wrap_text(&all, text, 1000);
        for (size_t width = 2; width < 100; width++) {
                AUTO_TEXT struct text out = {0};
                size_t letters = 0, expected = 0;
                wrap_text(&out, text, width);
                for (const char *line = text_string(&out); *line; line += strcspn(line, "\n") + 1)
                        assert_true(strcspn(line, "\n") <= width);
                for (const char *c = text_string(&out); *c; c++)
                        letters += *c != ' ' && *c != '\n';
                for (const char *c = text_string(&all); *c; c++)
                        expected += *c != ' ' && *c != '\n';
                assert_int_equal(letters, expected);
        }
}

// What wrap_width() gives with FD as standard output.
static size_t width_of(int fd, const char *columns)
{
        int output = dup(STDOUT_FILENO);
        setenv("COLUMNS", columns, 1);
        fflush(stdout);
        dup2(fd, STDOUT_FILENO);
        size_t width = wrap_width();
        dup2(output, STDOUT_FILENO);
        close(output);
        unsetenv("COLUMNS");
        return width;
}

TEST_IN_SCRATCH(the_width_without_a_terminal)
{
        static const struct {
                const char *columns;
                size_t width;
        } cases[] = {{"60", 60}, {"80", 80}, {"200", 80}, {"7", 40}, {"0", 80}, {"wide", 80}, {"", 80}};
        int file = open("file", O_WRONLY | O_CREAT, 0666);
        assert_true(file >= 0);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                assert_int_equal(width_of(file, cases[i].columns), cases[i].width);
        close(file);
}

TEST(the_width_of_a_terminal)
{
        static const struct {
                unsigned short terminal;
                const char *columns;
                size_t width;
        } cases[] = {{60, "90", 60}, {80, "", 80},  {97, "", 97},    {100, "", 100}, {120, "60", 100},
                     {7, "", 40},    {0, "90", 90}, {0, "200", 100}, {0, "", 80}};
        int terminal = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
        int line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
        assert_true(line >= 0);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct winsize size = {.ws_row = 24, .ws_col = cases[i].terminal};
                assert_int_equal(ioctl(line, TIOCSWINSZ, &size), 0);
                assert_int_equal(width_of(line, cases[i].columns), cases[i].width);
        }
        close(line);
        close(terminal);
}
