// SPDX-License-Identifier: Apache-2.0
//
// The oracle is libvterm, given everything.
#include "tests/unit/scratch.h"

#include <vterm.h>

#include "launcher/screen/vterm-guard.h"

enum {
        ROWS = 24,
        COLUMNS = 80,
        SIZE_LIMIT = 1 << 15
};

struct screen {
        VTerm *terminal;
        VTermScreen *cells;
        size_t fed;
};

static void write_screen(const char *bytes, size_t size, void *context)
{
        struct screen *screen = context;
        screen->fed += size;
        vterm_input_write(screen->terminal, bytes, size);
        char ignored[64];
        while (vterm_output_read(screen->terminal, ignored, sizeof ignored))
                ;
}

static struct screen screen_new(void)
{
        struct screen screen = {.terminal = vterm_new(ROWS, COLUMNS)};
        vterm_set_utf8(screen.terminal, 1);
        screen.cells = vterm_obtain_screen(screen.terminal);
        vterm_screen_enable_altscreen(screen.cells, 1);
        vterm_screen_reset(screen.cells, 1);
        return screen;
}

static unsigned attributes(const VTermScreenCell *cell)
{
        VTermScreenCellAttrs looks = cell->attrs;
        return looks.bold | looks.underline << 1 | looks.italic << 3 | looks.blink << 4 | looks.reverse << 5 |
               looks.strike << 6 | looks.font << 7 | looks.dwl << 11 | looks.dhl << 12;
}

static void assert_same_cells(const struct screen *a, const struct screen *b, const char *what)
{
        for (int row = 0; row < ROWS; row++) {
                for (int column = 0; column < COLUMNS; column++) {
                        VTermPos at = {row, column};
                        VTermScreenCell left, right;
                        memset(&left, 0, sizeof left);
                        memset(&right, 0, sizeof right);
                        vterm_screen_get_cell(a->cells, at, &left);
                        vterm_screen_get_cell(b->cells, at, &right);
                        bool same = left.width == right.width && attributes(&left) == attributes(&right) &&
                                    vterm_color_is_equal(&left.fg, &right.fg) &&
                                    vterm_color_is_equal(&left.bg, &right.bg);
                        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && same; i++) {
                                same = left.chars[i] == right.chars[i];
                                if (!left.chars[i])
                                        break;
                        }
                        if (!same)
                                fail_msg("%s: row %d, column %d: %x, not %x", what, row, column, right.chars[0],
                                         left.chars[0]);
                }
        }
        VTermPos left, right;
        vterm_state_get_cursorpos(vterm_obtain_state(a->terminal), &left);
        vterm_state_get_cursorpos(vterm_obtain_state(b->terminal), &right);
        if (left.row != right.row || left.col != right.col)
                fail_msg("%s: the cursor is at %d,%d, not %d,%d", what, right.row, right.col, left.row, left.col);
}

static uint32_t random_state;
static uint32_t below(uint32_t limit)
{
        random_state = random_state * 1664525 + 1013904223;
        return (random_state >> 8) % limit;
}

static void add_line(struct text *text, unsigned most)
{
        for (unsigned length = below(most); length; length--)
                text_add_char(text, (char)(' ' + below(95)));
        text_add(text, below(20) ? "\r\n" : "\n");
}

// Not 38 and 48, which need arguments.
static unsigned colour(void)
{
        return 30 + 10 * below(2) + below(8);
}

static void add_control_sequence(struct text *text)
{
        // Without b, which hangs libvterm if it gets everything.
        static const char finals[] = "@ABCDEFGHHHIJJJKKLMPSTXZ`adefghlmmmmnrsu";
        text_add(text, "\033[");
        if (!below(8))
                text_add_char(text, "?>=<"[below(4)]);
        for (unsigned count = below(4); count; count--)
                text_add_format(text, "%u%s", below(3) ? below(9) : below(38), count > 1 ? ";" : "");
        if (!below(20))
                text_add_char(text, (char)(' ' + below(16)));
        text_add_char(text, finals[below(sizeof finals - 1)]);
}

static void add_page(struct text *text)
{
        static const char *const clears[] = {
                "\033[2J\033[1;1H", "\033[H\033[2J", "\033[0m\033[2J\033[1;1H\033[?25l", "\033[2J\033[31m\033[5;5H",
                "\033[H\033[J",     "\033[2J",       "\033[H\033[1m\033[2J\033[?25h"};
        text_add(text, clears[below(sizeof clears / sizeof *clears)]);
        for (unsigned count = below(10); count; count--) {
                text_add_format(text, "\033[%u;%uH\033[%u;%um", 1 + below(24), 1 + below(80), below(2), colour());
                add_line(text, 60);
        }
}

static void add_odd(struct text *text)
{
        static const char *const odd[] = {
                "\xE6\x97\xA5",  "\xCC\x88", "\xE2\x82", "\xE2\x94\x80", "\016",         "\017",
                "\033(0",        "\033(B",   "\0337",    "\0338",        "\033c",        "\033D",
                "\033M",         "\033E",    "\033#6",   "\033#5",       "\033H",        "\033]0;a\033[2J\a",
                "\033P$q\033\\", "\033[?7l", "\033[?7h", "\033[4h",      "\033[4l",      "\033[r",
                "\033[5;20r",    "\033[?6h", "\033[?6l", "\033[?1049h",  "\033[?1049l",  "\033[?69h",
                "\033[20h",      "\033[20l", "\030",     "\033[3\n1m",   "\033[1\x7Fm",  "\033 [m",
                "\033\x80[2J",   "\t",       "\b",       "\v",           "\a",           "\033[!p",
                "\033[?5h",      "\033[?5l", "\033N",    "\033[?25l",    "\033[38;5;7m",
        };
        text_add(text, odd[below(sizeof odd / sizeof *odd)]);
}

static void add_anything(struct text *text)
{
        switch (below(12)) {
        case 0:
                for (unsigned count = below(200); count; count--)
                        add_line(text, 90);
                break;
        case 1:
                for (unsigned count = 45 + below(60); count; count--) {
                        text_add_format(text, "\033[%um", colour());
                        add_line(text, 40);
                }
                break;
        case 2:
                for (unsigned count = below(4); count; count--)
                        add_page(text);
                break;
        case 3:
        case 4:
        case 5:
                add_control_sequence(text);
                break;
        case 6:
        case 7:
                add_odd(text);
                break;
        default:
                add_line(text, 30);
        }
}

// Batches of all sizes, cut anywhere; libvterm sees a difference where they are cut.
static void feed_in_batches(struct backlog *backlog, struct screen *all, const struct text *text)
{
        for (size_t at = 0; at < text->length;) {
                size_t size = 1 + below(below(3) ? SIZE_LIMIT : 40);
                size = size < text->length - at ? size : text->length - at;
                // A copy, so that reading beyond it is noticed.
                AUTO_FREE char *batch = memory_copy(text->data + at, size);
                backlog_feed(backlog, batch, size);
                write_screen(batch, size, all);
                at += size;
        }
}

static void compare(const struct text *text, const char *what, size_t *fed)
{
        struct screen all = screen_new(), some = screen_new();
        struct backlog *backlog = backlog_new(write_screen, &some);
        feed_in_batches(backlog, &all, text);
        assert_same_cells(&all, &some, what);
        // What lasts is the same, too: whatever comes now looks the same on both.
        static const char probe[] =
                "\xC3\xA4x\033[5;5Hy\033[24;1Hz\r\n\n12\tq\0338w\016lq\017\033[3;70H0123456789abcdef";
        write_screen(probe, sizeof probe - 1, &all);
        write_screen(probe, sizeof probe - 1, &some);
        assert_same_cells(&all, &some, what);
        *fed += some.fed;
        backlog_free(&backlog);
        vterm_free(all.terminal);
        vterm_free(some.terminal);
}

static void test_the_screen_is_the_one_that_everything_would_have_made(void **state)
{
        (void)state;
        size_t total = 0, fed = 0;
        const char *rounds = getenv("BACKLOG_ROUNDS");
        for (unsigned round = 1; round <= (rounds ? strtoul(rounds, NULL, 10) : 60); round++) {
                random_state = round;
                AUTO_TEXT struct text text = {0};
                for (unsigned count = 1 + below(60); count; count--)
                        add_anything(&text);
                AUTO_FREE char *what = text_format("round %u", round);
                total += text.length;
                compare(&text, what, &fed);
        }
        // Else the comparison proves nothing.
        assert_true(fed < total * 3 / 4);
}

static void test_most_of_a_flood_is_left_out(void **state)
{
        (void)state;
        random_state = 1;
        for (int redraws = 0; redraws < 2; redraws++) {
                AUTO_TEXT struct text text = {0};
                while (text.length < SIZE_LIMIT * 4) {
                        text_add_format(&text, redraws ? "\033[0m\033[2J\033[1;1H\033[?25l" : "\033[0;32mok\033[0m ");
                        add_line(&text, 80);
                }
                struct screen screen = screen_new();
                struct backlog *backlog = backlog_new(write_screen, &screen);
                backlog_feed(backlog, text.data, text.length);
                assert_true(screen.fed >= 1 && screen.fed <= 8192);
                backlog_free(&backlog);
                vterm_free(screen.terminal);
        }
}

// Each of these ended or stopped a program that gave it to libvterm.
static void test_what_libvterm_cannot_bear_is_kept_from_it(void **state)
{
        (void)state;
        enum {
                ANY_COLUMN = -1
        };
        static const struct {
                const char *bytes;
                int column;
        } cases[] = {
                {"\xC2\x85\033[K", 1},
                {"\xC2\033[m\x85\033[K", 1},
                {"\xC2\x80\xC2\x9F", 2},
                {"\033[5b", 0},
                {"\xCC\x88\033[5b", 0},
                {"\033]0;a\nb\033[5b", ANY_COLUMN}, // whether b belongs to the string differs between versions
                {"\xCC\x88\033[\n5b", 0},
                {"a\033[5b", 6},
                {"a\033[1m\033[5b", 6},
                {"\xE2\x94\x80\033[5b", 6},
                {"a\033[H\xCC\x88\033c\033[5b", 0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                size_t length = strlen(cases[i].bytes);
                for (size_t cut = 0; cut <= length; cut++) {
                        struct screen screen = screen_new();
                        struct backlog *backlog = backlog_new(write_screen, &screen);
                        backlog_feed(backlog, cases[i].bytes, cut);
                        backlog_feed(backlog, cases[i].bytes + cut, length - cut);
                        VTermPos cursor;
                        vterm_state_get_cursorpos(vterm_obtain_state(screen.terminal), &cursor);
                        if (cursor.col != cases[i].column && cases[i].column != ANY_COLUMN)
                                fail_msg("case %zu: column %d", i, cursor.col);
                        backlog_free(&backlog);
                        vterm_free(screen.terminal);
                }
        }
}

static void test_any_bytes_end(void **state)
{
        (void)state;
        struct screen screen = screen_new();
        struct backlog *backlog = backlog_new(write_screen, &screen);
        random_state = 5;
        for (unsigned round = 0; round < 3000; round++) {
                AUTO_TEXT struct text text = {0};
                for (unsigned i = 0; i < 20; i++) {
                        add_control_sequence(&text);
                        if (!below(4))
                                text_add_format(&text, "\033[%ub", below(90));
                        for (unsigned j = below(4); j; j--)
                                text_add_char(&text, (char)below(256));
                        add_odd(&text);
                }
                alarm(30);
                backlog_feed(backlog, text.data, text.length);
        }
        alarm(0);
        backlog_free(&backlog);
        vterm_free(screen.terminal);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_screen_is_the_one_that_everything_would_have_made),
                cmocka_unit_test(test_most_of_a_flood_is_left_out),
                cmocka_unit_test(test_what_libvterm_cannot_bear_is_kept_from_it),
                cmocka_unit_test(test_any_bytes_end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
