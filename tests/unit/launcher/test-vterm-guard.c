// SPDX-License-Identifier: Apache-2.0
//
// The oracle is libvterm itself, without a guard.
#include "tests/unit/scratch.h"

#include "launcher/screen/vterm-guard.h"

enum {
        ROWS = 24,
        COLUMNS = 80,
        HANGS_S = 60,
};

struct screen {
        VTerm *terminal;
        VTermScreen *cells;
        struct vterm_guard guard;
};

static struct screen screen_new(void)
{
        struct screen screen = {.terminal = vterm_new(ROWS, COLUMNS)};
        vterm_set_utf8(screen.terminal, 1);
        screen.cells = vterm_obtain_screen(screen.terminal);
        vterm_screen_enable_altscreen(screen.cells, 1);
        vterm_screen_reset(screen.cells, 1);
        return screen;
}

static void write_guarded(struct screen *screen, const char *bytes, size_t size)
{
        // A copy, so that reading beyond it is noticed.
        AUTO_FREE char *copy = memory_copy(bytes, size);
        vterm_guard_write(&screen->guard, screen->terminal, copy, size);
}

static int column_of(const struct screen *screen)
{
        VTermPos cursor;
        vterm_state_get_cursorpos(vterm_obtain_state(screen->terminal), &cursor);
        return cursor.col;
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
        // Not b, which may hang libvterm without the guard.
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

static void add_harmless(struct text *text)
{
        static const char *const harmless[] = {
                "\033[20l",  "\033[r",        "\033(0",     "\033E",        "\016",         "\033[5;20r",
                "\017",      "\033[1\x7Fm",   "\033[!p",    "\033[?5h",     "\033(B",       "\033[4h",
                "\033[?7l",  "\033]0;a\a",    "\033[?7h",   "\033c",        "\033#5",       "\033[38;5;7m",
                "\033[4l",   "\030",          "\033[3\n1m", "\033 [m",      "\033[?6l",     "\0338",
                "\a",        "\033P1q\033\\", "x\033[5b",   "\033[?1049h",  "\xCC\x88",     "\033D",
                "\033[?25l", "\033H",         "\b",         "\xE6\x97\xA5", "\xE2\x94\x80", "\033#6",
                "\033N",     "\033[?1049l",   "\033[20h",   "\v",           "\033[?5l",     "\xF0\x9F\x98\x80",
                "\t",        "\0337",         "\033[?6h",   "\033[?69h",    "\033M"};
        text_add(text, harmless[below(sizeof harmless / sizeof *harmless)]);
}

static void add_anything_harmless(struct text *text)
{
        switch (below(4)) {
        case 0:
                add_line(text, 90);
                break;
        case 1:
                add_page(text);
                break;
        case 2:
                add_control_sequence(text);
                break;
        default:
                add_harmless(text);
        }
}

TEST(harmless_output_looks_the_same_as_without_the_guard)
{
        for (unsigned round = 1; round <= 60; round++) {
                struct screen guarded = screen_new(), plain = screen_new();
                random_state = round;
                for (unsigned count = below(400); count; count--) {
                        AUTO_TEXT struct text text = {0};
                        add_anything_harmless(&text);
                        vterm_input_write(plain.terminal, text_string(&text), text.length);
                        write_guarded(&guarded, text_string(&text), text.length);
                }
                AUTO_FREE char *what = text_format("round %u", round);
                assert_same_cells(&plain, &guarded, what);
                vterm_free(plain.terminal);
                vterm_free(guarded.terminal);
        }
}

// Each of these crashed or hung a program that gave it to libvterm, or is just short of that.
TEST(dangerous_output_is_kept_from_libvterm)
{
        static const struct {
                const char *bytes;
                int column;
        } cases[] = {
                {"\xC2\x85\033[K", 1},
                {"\xC2\033[m\x85\033[K", 2},
                {"\xC2\x80\xC2\x9F", 2},
                {"\xC2\033N\x85\x85", 3},
                {"\x80\xE2\x82\xC3\xC3\xC3z", 7},
                {"\033[5b", 0},
                {"\xCC\x88\033[5b", 0},
                {"\033]0;a\nb\033[5b", 0},
                {"\033Xa\030\033[5b", 0},
                {"\033[\030b", 1},
                {"\033P\033\\\xCC\x88\033[5b", 0},
                {"\033P$qz\033\\x", 1},
                {"\xCC\x88\033[\n5b", 0},
                {"\xCC\x88\033\xC3\xA9[5b", 0},
                {"\xCC\x88\033*0\033N\033[5\xC3\x80\033[5b", 0},
                {"\xE6\x97\xA5\033[78b", 2},
                {"a\033[5b", 6},
                {"a\033[1m\033[5b", 6},
                {"\xE2\x94\x80\033[5b", 6},
                {"a\033[H\xCC\x88\033c\033[5b", 0},
        };
        alarm(HANGS_S);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                size_t length = strlen(cases[i].bytes);
                for (size_t cut = 0; cut <= length; cut++) {
                        struct screen screen = screen_new();
                        write_guarded(&screen, cases[i].bytes, cut);
                        write_guarded(&screen, cases[i].bytes + cut, length - cut);
                        if (column_of(&screen) != cases[i].column)
                                fail_msg("case %zu, cut at %zu: column %d", i, cut, column_of(&screen));
                        vterm_free(screen.terminal);
                }
        }
        alarm(0);
}

static int column_after(const char *character, unsigned times)
{
        AUTO_TEXT struct text text = {0};
        text_add_char(&text, 'a');
        for (; times; times--)
                text_add(&text, character);
        struct screen screen = screen_new();
        write_guarded(&screen, text.data, text.length);
        int column = column_of(&screen);
        vterm_free(screen.terminal);
        return column;
}

TEST(no_character_is_combined_with_more_than_32)
{
        assert_int_equal(column_after("\xCC\x88", 32), 1);
        assert_int_equal(column_after("\xCC\x88", 33), 2);
        assert_int_equal(column_after("\xCC\x88\a", 33), 2);
        // A bell and a sequence let the characters before and after them combine.
        assert_int_equal(column_after("\xCC\x88\033[m", 33), 2);
        // 0.1.4 takes each of these for two columns more.
        assert_true(column_after("\xE3\x82\x99", 60) < COLUMNS);
        // A character that does not combine starts the count again.
        assert_int_equal(column_after("\xCC\x88x", 33), 34);
        assert_int_equal(column_after("\xE6\x97\xA5", 37), 75);
}

TEST(columns_are_those_of_libvterm)
{
        struct screen screen = screen_new();
        unsigned known = 0;
        for (uint32_t character = 0; character <= 0x110000; character++) {
                int columns = vterm_guard_columns(character);
                if (!columns)
                        continue;
                AUTO_TEXT struct text text = {0};
                text_add(&text, "\033[Ha");
                text_add_utf8(&text, character);
                vterm_input_write(screen.terminal, text.data, text.length);
                VTermScreenCell cell;
                vterm_screen_get_cell(screen.cells, (VTermPos){0, 0}, &cell);
                if (column_of(&screen) != 1 + columns || cell.chars[1])
                        fail_msg("U+%04X: %d columns", character, column_of(&screen) - 1);
                known++;
        }
        assert_true(known > 40000);
        vterm_free(screen.terminal);
}

TEST(any_bytes_are_processed_without_hanging)
{
        struct screen screen = screen_new();
        random_state = 5;
        alarm(HANGS_S);
        for (unsigned round = 0; round < 60000; round++) {
                AUTO_TEXT struct text text = {0};
                add_control_sequence(&text);
                add_harmless(&text);
                if (!below(4))
                        text_add_format(&text, "\033[%ub", below(90));
                for (unsigned count = below(4); count; count--)
                        text_add_char(&text, (char)below(256));
                write_guarded(&screen, text.data, text.length);
        }
        alarm(0);
        vterm_free(screen.terminal);
}
