// SPDX-License-Identifier: Apache-2.0
// The oracle is libvterm as the user's terminal: what a view draws must look there as the guest's screen looks.
#include "tests/unit/scratch.h"

#include <vterm.h>

#include "launcher/screen/view.h"

// A user's terminal of any size.
struct user {
        VTerm *terminal;
        VTermScreen *screen;
        unsigned columns, rows;
};

static struct user user_new(unsigned columns, unsigned rows)
{
        struct user user = {.terminal = vterm_new((int)rows, (int)columns), .columns = columns, .rows = rows};
        vterm_set_utf8(user.terminal, 1);
        user.screen = vterm_obtain_screen(user.terminal);
        vterm_screen_reset(user.screen, 1);
        return user;
}

// Draws the view on the terminal; returns how many bytes that took.
static size_t draw(struct user *user, struct view *view, struct console *console)
{
        AUTO_TEXT struct text picture = {0};
        view_draw(view, console, &picture);
        vterm_input_write(user->terminal, text_string(&picture), picture.length);
        return picture.length;
}

// One row as text, without trailing blanks; freed with free().
static char *row_of(const struct user *user, unsigned row)
{
        struct text text = {0};
        size_t trimmed = 0;
        for (int column = 0; column < (int)user->columns; column++) {
                VTermScreenCell cell = {0};
                vterm_screen_get_cell(user->screen, (VTermPos){(int)row, column}, &cell);
                if (cell.chars[0] == (uint32_t)-1)
                        continue;
                text_add_utf8(&text, cell.chars[0] ? cell.chars[0] : ' ');
                if (cell.chars[0] && cell.chars[0] != ' ')
                        trimmed = text.length;
        }
        text.data[trimmed] = '\0';
        return text_take(&text);
}

static void assert_row(const struct user *user, unsigned row, const char *expected)
{
        AUTO_FREE char *shown = row_of(user, row);
        assert_string_equal(shown, expected);
}

static void assert_same_screen(const struct user *user, struct console *console)
{
        for (unsigned row = 0; row < CONSOLE_ROWS; row++)
                assert_row(user, row, console_row(console, row));
}

static void feed(struct console *console, const char *text)
{
        console_feed(console, text, strlen(text));
}

TEST(the_user_sees_the_guest_s_screen)
{
        AUTO_CONSOLE struct console *console = console_new();
        AUTO_VIEW struct view *view = view_new(100, 30);
        struct user user = user_new(100, 30);
        feed(console, "\033[44;37m\033[2J\033[3;5Hblue\033[0m\033[24;1Hthe last row, \xC3\xBC and \xE5\xAD\x97");
        view_status(view, "a status \xE2\x82\xAC", false);
        draw(&user, view, console);
        assert_same_screen(&user, console);
        assert_row(&user, 24, "a status \xE2\x82\xAC");
        VTermScreenCell cell;
        vterm_screen_get_cell(user.screen, (VTermPos){2, 79}, &cell);
        assert_int_equal(cell.bg.indexed.idx, 4);
        vterm_free(user.terminal);
}

TEST(only_what_changed_is_drawn_again)
{
        AUTO_CONSOLE struct console *console = console_new();
        AUTO_VIEW struct view *view = view_new(80, 25);
        struct user user = user_new(80, 25);
        for (int i = 0; i < 24; i++)
                feed(console, "\033[41mxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
        size_t whole = draw(&user, view, console);
        assert_int_equal(draw(&user, view, console), 0);
        feed(console, "\033[5;5Hy");
        size_t part = draw(&user, view, console);
        assert_true(part > 0 && part < whole / 5);
        assert_same_screen(&user, console);
        // A move of the cursor does not change the picture, but is shown.
        feed(console, "\033[7;7H");
        assert_true(draw(&user, view, console) > 0);
        VTermPos cursor;
        vterm_state_get_cursorpos(vterm_obtain_state(user.terminal), &cursor);
        assert_int_equal(cursor.row, 6);
        assert_int_equal(cursor.col, 6);
        vterm_free(user.terminal);
}

TEST(a_small_terminal_shows_the_rows_around_the_cursor)
{
        AUTO_CONSOLE struct console *console = console_new();
        AUTO_VIEW struct view *view = view_new(20, 10);
        struct user user = user_new(20, 10);
        feed(console, "\033[1;1Hfirst\033[24;1Hlast, and far too long for such a terminal");
        draw(&user, view, console);
        assert_row(&user, 0, "");
        AUTO_FREE char *last = row_of(&user, 9);
        assert_true(text_starts_with(last, "last, and far too l"));
        feed(console, "\033[1;3H");
        draw(&user, view, console);
        assert_row(&user, 0, "first");
        // An important status takes the last row and gives it back.
        view_status(view, "menu", true);
        draw(&user, view, console);
        assert_row(&user, 9, "menu");
        view_status(view, "nothing", false);
        draw(&user, view, console);
        assert_row(&user, 9, "");
        vterm_free(user.terminal);
}

TEST(a_resized_view_is_drawn_again)
{
        AUTO_CONSOLE struct console *console = console_new();
        AUTO_VIEW struct view *view = view_new(30, 5);
        feed(console, "\033[12;1Hin the middle");
        struct user small = user_new(30, 5);
        draw(&small, view, console);
        struct user large = user_new(120, 40);
        view_resize(view, 120, 40);
        draw(&large, view, console);
        assert_same_screen(&large, console);
        // Sizes that no terminal has do no harm.
        view_resize(view, 0, 0);
        draw(&small, view, console);
        view_resize(view, 1, 1);
        draw(&small, view, console);
        vterm_free(small.terminal);
        vterm_free(large.terminal);
}

TEST(the_guest_cannot_control_the_terminal)
{
        AUTO_CONSOLE struct console *console = console_new();
        AUTO_VIEW struct view *view = view_new(80, 24);
        AUTO_TEXT struct text picture = {0};
        feed(console, "\033]0;title\007\033]52;c;aGk=\007\033P+q544e\033\\\033[6n\033[?1000h\302\233c");
        view_draw(view, console, &picture);
        // Of all sequences only those that place, erase, colour, and hide the cursor.
        for (const char *at = text_string(&picture); (at = strchr(at, '\033')); at++) {
                assert_int_equal(at[1], '[');
                size_t length = strspn(at + 2, "0123456789;?");
                assert_non_null(strchr("HKJmhl", at[2 + length]));
        }
        assert_null(strstr(text_string(&picture), "\302\233"));
        assert_null(strstr(text_string(&picture), "?1000"));
}
