// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "tests/unit/scratch.h"

#include "base/text.h"
#include "base/time.h"
#include "launcher/screen/console.h"

static void feed(struct console *console, const char *text)
{
        console_feed(console, text, strlen(text));
}

// A console that was given BYTES.
static struct console *console_of(const char *bytes)
{
        struct console *console = console_new();
        feed(console, bytes);
        return console;
}

static void assert_shows(const char *bytes, const char *expected)
{
        AUTO_CONSOLE struct console *console = console_of(bytes);
        assert_string_equal(console_text(console), expected);
}

TEST(sequences_draw_the_screen)
{
        static const struct {
                const char *bytes, *screen;
        } cases[] = {
                {"", ""},
                {"VMware ESXi", "VMware ESXi\n"},
                {"one\r\ntwo", "one\ntwo\n"},
                {"one\r\n\r\n\r\ntwo\r\n", "one\n\n\ntwo\n"},
                {"trailing   \r\n   ", "trailing\n"},
                {"one\ntwo", "one\n   two\n"},            // LF alone goes straight down
                {"\033[3;5Hhere", "\n\n    here\n"},      // CUP
                {"wrong\rright", "right\n"},              // CR
                {"abc\b\bX", "aXc\n"},                    // BS
                {"a\tb", "a       b\n"},                  // HT
                {"first\033[2J\033[Hsecond", "second\n"}, // ED, CUP
                {"abcdef\033[3D\033[K", "abc\n"},         // CUB, EL
                {"abcdef\033[1;2H\033[2P", "adef\n"},     // DCH
                {"abc\033[1;2H\033[2@", "a  bc\n"},       // ICH
                {"abcdef\033[1;2H\033[3X", "a   ef\n"},   // ECH
                {"a\r\nb\r\nc\033[2;1H\033[M", "a\nc\n"}, // DL
                {"a\r\nb\033[1;1H\033[L", "\na\nb\n"},    // IL
                {"\033[31;44mred on blue\033[0m", "red on blue\n"},
                {"\033]0;a title\aon the screen", "on the screen\n"},
                {"\0337\033[5;5Hx\0338y", "y\n\n\n\n    x\n"},
                {"\033(0lqk\033(B", "\xE2\x94\x8C\xE2\x94\x80\xE2\x94\x90\n"}, // DEC line drawing
                {"\033[?25l\033[?7h\033[6n\033[cx", "x\n"},  // queries have no answer and leave no trace
                {"before\033[?1049h\033[Hother", "other\n"}, // the alternate screen
                {"before\033[?1049hother\033[?1049l", "before\n"},
                {"\033[20;1Hlow\033[24;1Hlast\r\nnew",
                 "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nlow\n\n\n\nlast\nnew\n"}, // scrolls
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                assert_shows(cases[i].bytes, cases[i].screen);
}

TEST(any_cut_of_the_stream_shows_the_same)
{
        static const char bytes[] =
                "\033[2J\033[1;37;44m\033[2;10H(Enter) Continue\033[0m\033[5;1H\xE2\x94\x8C\xF0\x9F\x98\x80"
                "\033]0;title\a\033[7mselected\033[27m";
        AUTO_CONSOLE struct console *whole = console_of(bytes);
        for (size_t cut = 0; cut < sizeof bytes; cut++) {
                AUTO_CONSOLE struct console *console = console_new();
                console_feed(console, bytes, cut);
                console_feed(console, bytes + cut, sizeof bytes - 1 - cut);
                assert_string_equal(console_text(console), console_text(whole));
                assert_true(console_picture(console) == console_picture(whole));
        }
}

// tmux is an independent terminal.
TEST_IN_SCRATCH(the_screen_is_the_one_that_tmux_shows)
{
        static const char bytes[] =
                "lost\033[2J\033[H\033[1;37;44mVMware ESXi 8.0.3 Installer\033[0m\r\n"
                "\033[4;10Hdisk 1\033[7m  40.00 GiB \033[0m\033[5;10Hdisk 2\tx\033[5;40Hright\b\b\bX\033[6;1H"
                "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\r\n"
                "\xC3\xBC \xE2\x82\xAC wide \xE6\x97\xA5\xE6\x9C\xAC end\r\n"
                "erase this\033[5D\033[K\033[10;5Hinsert\033[10;7H\033[3@\033[11;3Hdelete\033[11;4H\033[2P"
                "\033[15;1Hone\r\ntwo\r\nthree\033[15;1H\033[M\033[14;20r\033[20;1Hin a region\r\nscrolled\033[r"
                "\033[22;1H\033[Kreverse\033[7m index\033[0m\033[1;1H\033M\033[24;60HEND-MARK";
        write_text("bytes", bytes);
        shell("export LC_ALL=C.UTF-8; unset TMUX; tmux='tmux -u -f /dev/null -S ./socket'; "
              "$tmux new-session -d -x 80 -y 24 'stty raw -echo; cat bytes; exec sleep 20'; $tmux set -g status off; "
              "for try in $(seq 500); do $tmux capture-pane -p | expand >shown; ! grep -q END-MARK shown || break; "
              "sleep 0.02; "
              "done; "
              "$tmux kill-server; grep -q END-MARK shown");
        AUTO_BUFFER struct buffer shown = {0};
        read_whole("shown", &shown);
        buffer_add_u8(&shown, 0);
        assert_shows(bytes, (const char *)shown.data);
}

TEST(wide_characters_take_two_columns_and_appear_once)
{
        AUTO_CONSOLE struct console *console = console_of("\xE6\x97\xA5\xE6\x9C\xAC|");
        assert_string_equal(console_row(console, 0), "\xE6\x97\xA5\xE6\x9C\xAC|");
        feed(console, "\033[1;5HX");
        assert_string_equal(console_row(console, 0), "\xE6\x97\xA5\xE6\x9C\xACX");
}

static bool is_clean(const char *text)
{
        AUTO_BUFFER struct buffer ignored = {0};
        AUTO_FREE char *printable = text_printable(text, strlen(text), true);
        return text_to_utf16(text, &ignored) && strcmp(printable, text) == 0;
}

TEST(broken_utf8_stays_valid_text)
{
        static const char *const broken[] = {
                "\x80",
                "\xBF",
                "\xC3\x41",
                "\xC0\x80",
                "\xE0\x80\x80",
                "\xED\xA0\x80",
                "\xED\xBF\xBF",
                "\xF4\x90\x80\x80",
                "\xF7\xBF\xBF\xBF",
                "\xF8\x88\x80\x80\x80",
                "\xFB\xBF\xBF\xBF\xBF",
                "\xFC\x84\x80\x80\x80\x80",
                "\xFD\xBF\xBF\xBF\xBF\xBF",
                "\xFE",
                "\xFF",
                "\xC2\x80",
                "\xC2\x85",
                "\xC2\x9F",
                "\xE2\x82",
        };
        for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
                AUTO_CONSOLE struct console *console = console_of("before ");
                feed(console, broken[i]);
                feed(console, "\r\nafter");
                if (!is_clean(console_text(console)))
                        fail_msg("case %zu does not show text", i);
                assert_string_equal(console_row(console, 1), "after");
        }
}

TEST(any_bytes_leave_valid_text)
{
        AUTO_CONSOLE struct console *console = console_new();
        uint32_t random = 7;
        for (unsigned round = 0; round < 300; round++) {
                uint8_t bytes[200];
                for (size_t i = 0; i < sizeof bytes; i++) {
                        random = random * 1664525 + 1013904223;
                        bytes[i] = (uint8_t)(random >> 24);
                        // Half of them sequences, so that they do something.
                        if (i % 20 == 0)
                                bytes[i] = '\033';
                        if (i % 20 == 1 && round % 2)
                                bytes[i] = '[';
                }
                console_feed(console, bytes, sizeof bytes);
                if (!is_clean(console_text(console)))
                        fail_msg("round %u does not show text", round);
                console_picture(console);
                console_selected_row(console, 0, CONSOLE_ROWS - 1);
        }
}

static const char menu[] =
        "\033[0m\033[2J\033[H\033[44;37mSelect a Disk\033[3;3Hdisk 1   504.00 MiB\033[4;3Hdisk 2    40.00 GiB";

TEST(drawing_the_same_again_changes_nothing)
{
        AUTO_CONSOLE struct console *console = console_of(menu);
        uint64_t picture = console_picture(console);
        uint64_t changed = console_changed_us(console);
        static const char *const silent[] = {menu, "\033[10;10H", "\033[?25l", "\033[3;3Hdisk 1",
                                             "",   "\a",          "\033[6n",   "\033[4;3HXXXX\033[4;3Hdisk"};
        for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
                feed(console, silent[i]);
                assert_true(console_picture(console) == picture);
                assert_true(console_changed_us(console) == changed);
        }
}

TEST(every_visible_difference_is_a_change)
{
        static const char *const differences[] = {
                "\033[3;3HX",         "\033[24;80H.",      "\033[3;3H\033[7md",          "\033[3;3H\033[41md",
                "\033[3;3H\033[31md", "\033[3;3H\033[1md", "\033[3;3H\033[4md",          "\033[3;3H\033[5md",
                "\033[3;3H\033[3md",  "\033[3;3H\033[9md", "\033[3;3H\033[21md",         "\033[2J",
                "\033[3;3H\033[K",    "\033[24;1H\n",      "\033[3;3H\033[48;2;1;2;3md", "\033[3;4Hi\xCC\x88",
        };
        for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
                AUTO_CONSOLE struct console *console = console_of(menu);
                uint64_t picture = console_picture(console);
                uint64_t changed = console_changed_us(console);
                uint64_t before = time_now_us();
                feed(console, differences[i]);
                if (console_picture(console) == picture)
                        fail_msg("difference %zu went unnoticed", i);
                assert_true(console_changed_us(console) >= before && before >= changed);
                assert_true(console_changed_us(console) <= time_now_us());
        }
}

TEST(a_change_has_the_time_of_its_bytes)
{
        AUTO_CONSOLE struct console *console = console_of("shown");
        uint64_t after = time_now_us();
        while (time_now_us() < after + 2000)
                ;
        assert_true(console_changed_us(console) <= after);
}

// A row of blanks that are drawn: what is erased in reverse video is reversed by some versions of libvterm only.
#define DRAWN_BLANK " \033[79b\r\n"

TEST(the_selected_row_by_reverse_video_and_by_background)
{
        static const struct {
                const char *bytes;
                int selected;
        } cases[] = {
                {"\033[3;3Hone\033[4;3Htwo\033[5;3Hthree", -1},
                {"\033[3;3Hone\033[4;3H\033[7mtwo\033[0m\033[5;3Hthree", 3},
                {"\033[3;3H\033[41mone\033[0m\033[4;3Htwo\033[5;3Hthree", 2},
                {"\033[3;3Hone\033[4;3Htwo\033[5;3H\033[48;5;21mthree\033[0m", 4},
                {"\033[3;3Hone\033[4;3H\033[48;2;9;9;9mtwo\033[0m\033[5;3Hthree", 3},
                // Two rows, and all rows.
                {"\033[3;3H\033[7mone\033[0m\033[4;3Htwo\033[5;3H\033[7mthree\033[0m", -1},
                {"\033[3;3H\033[7mone\033[4;3Htwo\033[5;3Hthree\033[0m", -1},
                // On a coloured screen, and the other way round.
                {"\033[44m\033[2J\033[3;3Hone\033[4;3H\033[43mtwo\033[44m\033[5;3Hthree", 3},
                {"\033[44m\033[2J\033[3;3Hone\033[4;3H\033[7mtwo\033[27m\033[5;3Hthree", 3},
                {"\033[7m" DRAWN_BLANK DRAWN_BLANK DRAWN_BLANK DRAWN_BLANK DRAWN_BLANK
                 "\033[3;3Hone\033[27m\033[4;3Htwo\033[7m\033[5;3Hthree",
                 3},
                // A coloured blank, a border, another text colour and bold are not a selection.
                {"\033[3;3Hone\033[4;3H\033[7m    \033[0mtwo\033[5;3Hthree", -1},
                {"\033[3;3H\033[31mone\033[0m\033[4;3H\033[1mtwo\033[0m\033[5;3Hthree", -1},
                {"\033[3;3Hone\033[4;3H\033[7m\xE2\x94\x82\033[0mtwo\033[5;3Hthree", -1},
                // Outside the rows asked for.
                {"\033[1;3H\033[7mtitle\033[0m\033[4;3Htwo\033[24;3H\033[7mstatus\033[0m", -1},
                {"\033[1;3H\033[7mtitle\033[0m\033[4;3H\033[7mtwo\033[0m\033[24;3H\033[7mstatus\033[0m", 3},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_CONSOLE struct console *console = console_of(cases[i].bytes);
                int selected = console_selected_row(console, 2, 4);
                if (selected != cases[i].selected)
                        fail_msg("case %zu: row %d, expected %d", i, selected, cases[i].selected);
        }
}

TEST(a_single_row_may_be_the_selected_one)
{
        AUTO_CONSOLE struct console *console = console_new();
        feed(console, "\033[5;3H\033[7monly\033[0m");
        assert_int_equal(console_selected_row(console, 4, 4), 4);
        assert_int_equal(console_selected_row(console, 5, 5), -1);
        assert_int_equal(console_selected_row(console, 0, CONSOLE_ROWS - 1), 4);
}

// The oracle is libvterm: it draws what was printed, and every cell must look the same.
static void assert_same_looks(struct console *console, const char *what)
{
        AUTO_CONSOLE struct console *copy = console_new();
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                AUTO_FREE char *line = text_format("\033[%u;1H%s", row + 1, console_row_ansi(console, row));
                feed(copy, line);
                if (strcmp(console_row(copy, row), console_row(console, row)) != 0)
                        fail_msg("%s: row %u reads '%s', not '%s'", what, row, console_row(copy, row),
                                 console_row(console, row));
        }
        // Each row ended in the plain rendition.
        feed(copy, "\033[24;80H");
        if (console_picture(copy) != console_picture(console))
                fail_msg("%s looks different:\n%s", what, console_text_ansi(console));
}

static const char every_rendition[] =
        "\033[1mbold\033[0m \033[3mitalic\033[0m \033[4munder\033[21mtwice\033[4:3mcurly\033[0m "
        "\033[5mblink\033[0m \033[7mreverse\033[0m \033[9mstrike";
static const char wide[] =
        "\xE6\x97\xA5\xE6\x9C\xAC|\033[44m\xE6\x97\xA5\033[0m\033[2;79H\xE6\x97\xA5\033[3;80H\xE6\x97\xA5";

TEST(a_printed_screen_looks_the_same)
{
        static const char *const screens[] = {
                "",
                "plain",
                menu,
                every_rendition,
                "\033[31;42ma\033[91;102mb\033[38;5;200;48;5;17mc\033[38;2;1;2;3;48;2;250;251;252md\033[39;49me",
                "\033[37;40mchosen, not the default\033[K",
                "\033[44m\033[2J\033[24;80H!\033[10;10H\033[41m\033[5X\033[12;1H\033[7m\033[K",
                "\033[7m   \033[0m   \033[4m   \033[0m",
                wide,
                "i\xCC\x88\xCC\xA3 \033[31me\xCC\x81",
                "\033(0lqqk\033(B",
                "\033[?5hreversed as a whole",
        };
        for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
                AUTO_CONSOLE struct console *console = console_of(screens[i]);
                AUTO_FREE char *what = text_format("screen %zu", i);
                assert_same_looks(console, what);
        }
}

// A wide character of which one half was drawn over; a combining one with nothing to combine with.
TEST(the_rest_of_an_overwritten_character_is_blank)
{
        static const struct {
                const char *bytes, *row;
        } cases[] = {
                {"\xE6\x97\xA5|\033[1;1HX", "X |"},
                {"\xE6\x97\xA5|\033[1;2HX", " X|"},
                {"\033[1;2H\xCC\x88\033[1;1Ha\033[1;3Hb", "a b"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_CONSOLE struct console *console = console_of(cases[i].bytes);
                assert_string_equal(console_row(console, 0), cases[i].row);
                assert_string_equal(console_row_ansi(console, 0), cases[i].row);
        }
}

TEST(a_printed_row_is_as_short_as_possible)
{
        AUTO_CONSOLE struct console *console =
                console_of("plain   \r\n\033[1mbold\033[0m plain\033[K\r\n\r\n\033[44m \033[31m \033[0m  ");
        assert_string_equal(console_text_ansi(console),
                            "plain\n\033[0;1mbold\033[0m plain\033[0m\n\n\033[0;44m \033[0;31;44m \033[0m\n");
}

// Text and SGR, and nothing else.
static void assert_only_renditions(const char *text)
{
        for (; *text; text++) {
                if (*text == '\033') {
                        size_t length = strspn(text + 2, "0123456789;:");
                        if (text[1] != '[' || text[2 + length] != 'm')
                                fail_msg("a sequence that is not a rendition");
                        text += 2 + length;
                } else if ((unsigned char)*text < ' ' && *text != '\n') {
                        fail_msg("a control character");
                }
        }
}

static uint32_t next_random(uint32_t *random)
{
        *random = *random * 1664525 + 1013904223;
        return *random >> 8;
}

TEST(any_screen_can_be_printed)
{
        static const char *const pieces[] = {
                "text",
                "\r\n",
                "\n",
                "\033[7m",
                "\033[0m",
                "\033[1;31m",
                "\033[48;5;99m",
                "\033[2J",
                "\033[10;70H",
                "\033[5;5H",
                "\xE6\x97\xA5",
                "\xCC\x88",
                "\b",
                "\t",
                "\033[38;2;9;8;7m",
                "\033[K",
                "\033[3@",
                "\033[2P",
                "\033[1L",
                "\033[M",
                "\xF0\x9F\x98\x80",
                "\033(0",
                "\033(B",
                "\033[?7l",
                "\033[?7h",
                "\xFB\xBF\xBF\xBF\xBF",
                "\xE2\x80\x8B",
                "\xC2\x85",
                "\033[7b",
                "a long piece of text that soon reaches the end of its row and wraps about there",
        };
        uint32_t random = 11;
        AUTO_CONSOLE struct console *console = console_new();
        for (unsigned round = 0; round < 400; round++) {
                for (unsigned i = 0; i < 20; i++)
                        feed(console, pieces[next_random(&random) % (sizeof pieces / sizeof pieces[0])]);
                AUTO_FREE char *what = text_format("round %u", round);
                assert_only_renditions(console_text_ansi(console));
                assert_same_looks(console, what);
        }
}

TEST(the_cursor_is_known)
{
        AUTO_CONSOLE struct console *console = console_new();
        unsigned row, column;
        bool visible;
        console_cursor(console, &row, &column, &visible);
        assert_true(row == 0 && column == 0 && visible);
        feed(console, "\033[5;7Hab\033[?25l");
        console_cursor(console, &row, &column, &visible);
        assert_true(row == 4 && column == 8 && !visible);
        feed(console, "\033[24;80Hx\033[?25h");
        console_cursor(console, &row, &column, &visible);
        assert_true(row == 23 && column == 79 && visible);
}

// libvterm has room for 16 parameters, and some versions write past them.
TEST(a_sequence_of_any_length_does_no_harm)
{
        static const char *const begins[] = {"\033[",         "\033[?",       "\033\a[",          "\033 [",
                                             "\033\xC3\xA9[", "\033]0;\033[", "\033P\033\\\033[", "\033[1\033["};
        for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
                AUTO_CONSOLE struct console *console = console_new();
                AUTO_TEXT struct text bytes = {0};
                text_add(&bytes, begins[i]);
                for (unsigned number = 0; number < 200000; number++)
                        text_add(&bytes, number % 3 ? ";" : ":1");
                text_add(&bytes, "m\033[2J\033[Hstill here");
                for (size_t at = 0; at < bytes.length; at += 1000)
                        console_feed(console, bytes.data + at, bytes.length - at < 1000 ? bytes.length - at : 1000);
                assert_string_equal(console_text(console), "still here\n");
        }
        assert_shows("\033[3;5;;;;;;;;;;;;;;;;;;;;;;;;;Hhere;;", "\n\n    here;;\n");
}

TEST(a_console_may_be_freed_twice)
{
        struct console *console = console_new();
        console_free(&console);
        assert_null(console);
        console_free(&console);
}
