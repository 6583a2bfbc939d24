// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "base/time.h"
#include "verify/log/log.h"

// The lines as they came, each as "NUMBER@OFFSET TEXT" or only "TEXT", and how many.
struct collected {
        struct text text;
        size_t count, cut;
        bool places;
};

static void collect(const struct log_line *line, void *context)
{
        struct collected *collected = context;
        assert_int_equal(strlen(line->text), line->length);
        if (collected->places)
                text_add_format(&collected->text, "%d@%d ", (int)line->number, (int)line->offset);
        text_add_format(&collected->text, "%s\n", line->text);
        collected->count++;
        collected->cut += line->cut;
}

// Reads BYTES in pieces of PIECE bytes, the first of FIRST. The result is freed with free().
static char *read_in_pieces(const char *bytes, size_t size, size_t first, size_t piece, bool places)
{
        struct collected collected = {.places = places};
        AUTO_LOG struct log *log = log_new(collect, &collected);
        for (size_t at = 0, step = first; at < size; at += step, step = piece) {
                step = step < size - at ? step : size - at;
                log_feed(log, bytes + at, step);
        }
        log_finish(log);
        return text_take(&collected.text);
}

static void assert_reads_sized(const char *bytes, size_t size, const char *lines, bool places)
{
        AUTO_FREE char *whole = read_in_pieces(bytes, size, size, size ? size : 1, places);
        assert_string_equal(whole, lines);
        for (size_t cut = 1; cut < size; cut++) {
                AUTO_FREE char *pieces = read_in_pieces(bytes, size, cut, size, places);
                assert_string_equal(pieces, lines);
        }
        AUTO_FREE char *single = read_in_pieces(bytes, size, 1, 1, places);
        assert_string_equal(single, lines);
}

static void assert_reads(const char *bytes, const char *lines)
{
        assert_reads_sized(bytes, strlen(bytes), lines, false);
}

TEST(lines_end_with_any_kind_of_line_end)
{
        assert_reads("a\nb\r\nc\rd\r\r\ne\n\rf", "a\nb\nc\nd\ne\nf\n");
        assert_reads("", "");
        assert_reads("\n\r\n   \n\t\n", "");
        assert_reads("no end", "no end\n");
        assert_reads("a \t \nb", "a\nb\n");
        assert_reads("  indented\n\tby a tab\na\tb", "  indented\n        by a tab\na       b\n");
}

TEST(numbers_and_offsets_are_those_of_the_raw_log)
{
        static const char bytes[] = "one\r\n\r\n\x1b[1mthree\r\n\x1b[2J\x1b[5;5Hfour\x1b[6;1Hfive\nsix";
        assert_reads_sized(bytes, strlen(bytes), "1@0 one\n3@11 three\n4@28 four\n4@38 five\n5@43 six\n", true);
}

TEST(terminal_sequences_leave_nothing_behind)
{
        assert_reads("\x1b[1m\x1b[33;40mred\x1b[0m \x1b[38:5:1mtext\x1b[m", "red text\n");
        assert_reads("\x1b[=3h\x1b[?25la\x1b[?25hb\x1b[>0cc\x1b[6nd\x1b[!pe\x1b[1 qf", "abcdef\n");
        assert_reads("a\x1b]0;title\x07"
                     "b\x1b]2;more\x1b\\c\x1bP1$r0m\x1b\\d\x1b_x\x1b\\e\x1b^y\x1b\\f\x1bXz\x1b\\g",
                     "abcdefg\n");
        assert_reads("a\x1b(Bb\x1b)0c\x1b=d\x1b>e\x1b#8f\x1b%Gg\x1b kh", "abcdefgh\n");
        assert_reads("a\a\x01\x7f"
                     "b\x0e\x0f"
                     "c",
                     "abc\n");
}

TEST(a_sequence_that_was_cut_off_does_not_swallow_the_next_line)
{
        assert_reads("a\x1b[12\r\nPanic\n", "a\nPanic\n");
        assert_reads("a\x1b]0;title\nPanic\n", "a\nPanic\n");
        assert_reads("a\x1bP\nPanic\n\x1b", "a\nPanic\n");
        assert_reads("a\x1b[1\x1b[2mb\x1b]0;\x1b[1mc", "abc\n");
        AUTO_TEXT struct text endless = {0};
        text_add(&endless, "\x1b]0;");
        for (int i = 0; i < 5000; i++)
                text_add_char(&endless, 'x');
        text_add(&endless, "Panic");
        AUTO_FREE char *lines = read_in_pieces(text_string(&endless), endless.length, 1, 4096, false);
        assert_true(text_ends_with(lines, "xPanic\n"));
}

TEST(a_line_of_the_firmware_after_a_cleared_screen_stands_alone)
{
        // As AAVMF 2022.11 writes it.
        assert_reads("UEFI firmware (version  built at 13:10:49 on Nov  5 2024)\r\n"
                     "\x1b[2J\x1b[01;01H\x1b[=3h\x1b[2J\x1b[01;01H\x1b[2J\x1b[01;01H\x1b[=3h\x1b[2J\x1b[01;01H"
                     "BdsDxe: failed to load Boot0001 \"UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-1\" from "
                     "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0): Not Found\r\n"
                     "BdsDxe: loading Boot0004 \"VMware ESXi\" from "
                     "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi\r\n"
                     "\x1b[2J\x1b[01;01H\x1b[01;01HUEFI Interactive Shell v2.2\r\nEDK II\r\n",
                     "UEFI firmware (version  built at 13:10:49 on Nov  5 2024)\n"
                     "BdsDxe: failed to load Boot0001 \"UEFI QEMU QEMU USB HARDDRIVE 1-0000:00:01.0-1\" from "
                     "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0): Not Found\n"
                     "BdsDxe: loading Boot0004 \"VMware ESXi\" from "
                     "HD(1,GPT,0A48CC8F-F9C7-44DD-9EB5-AF5635D049C8,0x40,0x32000)/\\EFI\\VMware\\safeboot64.efi\n"
                     "UEFI Interactive Shell v2.2\nEDK II\n");
}

TEST(text_placed_in_pieces_is_one_line_a_row)
{
        assert_reads("\x1b[2J\x1b[5;10HInstallation\x1b[5;23HComplete\x1b[6;10H(Enter) Reboot",
                     "Installation Complete\n(Enter) Reboot\n");
        // From right to left.
        assert_reads("\x1b[5;23HComplete\x1b[5;10HInstallation\x1b[1;1H", "Installation Complete\n");
        assert_reads("\x1b[3;1Ha\x1b[3Cb\x1b[10Gc\x1b[3`d\x1b[2De\x1b[2af\x1b[H", "a d b    c\naed f    c\n");
        assert_reads("\x1b[3;1Ha\x1b[4dx\x1b[Ay\x1b[Bz\x1b[Ew\x1b[Fv\x1b[H", "a\nx\na y\nx z\nw\nvx z\n");
}

TEST(a_redraw_of_the_same_text_is_not_a_new_line)
{
        assert_reads("\x1b[2J\x1b[5;1HWelcome\x1b[6;1HContinue\x1b[5;1HWelcome\x1b[6;1HContinue\x1b[H",
                     "Welcome\nContinue\n");
        assert_reads("\x1b[5;1HWelcome\x1b[5;1HWelcome\x1b[5;1HWelcome", "Welcome\n");
}

TEST(frames_are_not_lines)
{
        assert_reads("\x1b[2J\x1b[1;1H+----+\x1b[2;1H|    |\x1b[3;1H+----+\x1b[2;3Hok\x1b[4;1H└──┘\x1b[H", "| ok |\n");
        assert_reads("----\r\n+++\r\n", "----\n+++\n");
}

TEST(overdrawn_and_erased_text_was_a_line)
{
        assert_reads("\x1b[5;1HInstalling 10%\x1b[5;1HInstalling 11%\x1b[5;13H2\x1b[H",
                     "Installing 10%\nInstalling 11%\nInstalling 12%\n");
        assert_reads("\x1b[5;1Hold text\x1b[2Knew\x1b[H", "old text\nnew\n");
        assert_reads("\x1b[5;1Hold text\r\x1b[Knew\x1b[H", "old text\nnew\n");
        assert_reads("\x1b[5;1Hold text\x1b[5;5H\x1b[Ktop\x1b[H", "old text\nold top\n");
        assert_reads("\x1b[5;1Hold text\x1b[1Kx\x1b[H", "old text\nx\n");
        assert_reads("\x1b[5;1Hold text\x1b[5;1H\x1b[3Xnew\x1b[H", "old text\nnew text\n");
        // Between two states is no third.
        assert_reads("\x1b[5;1HInstalling  99%\x1b[5;1H \x1b[5;12H100%\x1b[H", "Installing  99%\n nstalling 100%\n");
        assert_reads("\x1b[5;1Hgone\x1b[2Jnext", "gone\nnext\n");
}

TEST(a_row_may_be_redrawn_in_part)
{
        // As a screen library does: the rest of the row is still there.
        assert_reads("\x1b[2J\x1b[5;1HInstallation Progress\x1b[9;1Hhelp\x1b[5;14HComplete\x1b[H",
                     "Installation Progress\nhelp\nInstallation Complete\n");
        assert_reads("\x1b[2J\x1b[5;1Habc\x1b[9;1Hd\x1b[2J\x1b[5;5Hx\x1b[H", "abc\nd\nx\n");
        assert_reads("\x1b[2J\x1b[5;1Habc\x1b[6;1Hdef\x1b[4;1H\x1b[J\x1b[6;4Hx\x1b[H", "abc\ndef\nx\n");
}

TEST(a_line_that_flows_over_an_old_screen_is_not_mixed_with_it)
{
        assert_reads("\x1b[2J\x1b[1;1Ha long first row\x1b[2;1Ha long second row\x1b[3;1Ha long third row"
                     "\x1b[1;1H\r\nshort\r\nlines\r\n",
                     "a long first row\na long second row\na long third row\nshort\nlines\n");
        assert_reads("Loading 10%\rLoading 100%\rDone\r\n", "Loading 10%\nLoading 100%\nDone\n");
}

TEST(the_cursor_is_saved_and_restored)
{
        assert_reads("\x1b[5;1Habc\x1b[s\x1b[1;1Hxyz\x1b[udef\x1b[H", "abc\nxyz\nabcdef\n");
        assert_reads("\x1b[5;1Habc\x1b"
                     "7\x1b[999;999H\x1b[6n\x1b"
                     "8def\x1b[H",
                     "abc\nabcdef\n");
}

TEST(backspaces_and_repeats_are_followed)
{
        assert_reads("abd\bc", "abd\nabc\n");
        assert_reads("a\x1b[3bb", "aaaab\n");
}

TEST(moved_text_loses_its_place)
{
        assert_reads("\x1b[5;1Habc\x1b[Ld\x1b[H", "abc\nd\n");
        assert_reads("\x1b[?1049h\x1b[5;1Habc\x1b[?1049lshell", "abc\nshell\n");
        assert_reads("\x1b[5;1Habc\x1b"
                     "cdef",
                     "abc\ndef\n");
}

TEST(a_line_longer_than_the_limit_is_cut)
{
        AUTO_TEXT struct text bytes = {0};
        for (int i = 0; i < LOG_LINE_LIMIT * 5 / 2 / 2; i++)
                text_add(&bytes, "é");
        text_add(&bytes, "\nnext");
        for (size_t piece = 1; piece < 100000; piece = piece * 9 + 1) {
                struct collected collected = {0};
                AUTO_LOG struct log *log = log_new(collect, &collected);
                for (size_t at = 0; at < bytes.length; at += piece)
                        log_feed(log, bytes.data + at, piece < bytes.length - at ? piece : bytes.length - at);
                log_finish(log);
                assert_int_equal(collected.count, 4);
                assert_int_equal(collected.cut, 2);
                assert_int_equal(strcspn(text_string(&collected.text), "\n"), LOG_LINE_LIMIT);
                text_free(&collected.text);
        }
}

TEST(a_quiet_console_can_be_read_out_and_go_on)
{
        struct collected collected = {0};
        AUTO_LOG struct log *log = log_new(collect, &collected);
        log_feed(log, "login: ", 7);
        log_finish(log);
        log_finish(log);
        assert_string_equal(text_string(&collected.text), "login:\n");
        log_feed(log, "root\r\n", 6);
        assert_string_equal(text_string(&collected.text), "login:\nlogin: root\n");
        text_free(&collected.text);
}

// Any bytes at all give the same lines however they are cut, all of them valid, in time and memory that do not grow.
TEST(noise_gives_the_same_lines_however_it_is_cut)
{
        static const char *const alphabet[] = {
                "\x1b", "[", "]",         "1",       ";",    "H",        "J",  "K",  "m",           "\r",  "\n", "a",
                "bc",   " ", "\x9b",      "\xc3",    "\xa9", "\xe4\xb8", "\b", "\t", "A",           "B",   "P",  "\\",
                "(",    "0", "\x1b[5;1H", "\x1b[2J", "\x0e", "d",        "\a", "?",  "\x1b[12;70H", "\xff"};
        uint32_t random = 12345;
        for (int round = 0; round < 300; round++) {
                AUTO_TEXT struct text bytes = {0};
                for (int i = 0; i < 60; i++) {
                        random = random * 1664525 + 1013904223;
                        text_add(&bytes, alphabet[(random >> 16) % (sizeof alphabet / sizeof *alphabet)]);
                }
                AUTO_FREE char *lines = read_in_pieces(bytes.data, bytes.length, bytes.length, 1, true);
                assert_reads_sized(bytes.data, bytes.length, lines, true);
                AUTO_FREE char *plain = read_in_pieces(bytes.data, bytes.length, bytes.length, 1, false);
                AUTO_FREE char *printable = text_printable(plain, strlen(plain), true);
                assert_string_equal(plain, printable);
        }
}

static void count(const struct log_line *line, void *context)
{
        *(size_t *)context += line->length;
}

static uint32_t below(uint32_t *random, uint32_t limit)
{
        *random = *random * 1664525 + 1013904223;
        return (*random >> 8) % limit;
}

static void add_text(struct text *text, uint32_t *random)
{
        for (unsigned length = below(random, below(random, 10) ? 60 : 600); length; length--)
                text_add_char(text, (char)(below(random, 4) ? ' ' + below(random, 95) : ' '));
}

static void add_piece(struct text *text, uint32_t *random)
{
        static const char *const pieces[] = {"\r\n",
                                             "\r\n",
                                             "\r\n",
                                             "\n",
                                             "\r",
                                             "\t",
                                             "\b",
                                             "\033[K",
                                             "\033[2J",
                                             "\033[m",
                                             "\0337",
                                             "\0338",
                                             "\033(0",
                                             "\033(B",
                                             "\xC3\xA9",
                                             "\xE2\x94",
                                             "\033[r",
                                             "\033[10;20r",
                                             "\033M",
                                             "\033c",
                                             "\033[5b",
                                             "\033[3C",
                                             "\033[99999999999A",
                                             "\033[1;2;3;4;5H",
                                             "\033[?25l",
                                             "\033[3 q",
                                             "\033[4294967297;3H"};
        if (below(random, 3)) {
                add_text(text, random);
                text_add(text, pieces[below(random, 4)]);
        } else if (below(random, 2)) {
                text_add_format(text, "\033[%u;%uH", below(random, 30), below(random, 100));
                add_text(text, random);
        } else {
                text_add(text, pieces[below(random, sizeof pieces / sizeof *pieces)]);
        }
}

// What stands together is read together; one by one there is nothing to read together.
TEST(many_characters_at_once_are_read_as_one_by_one)
{
        for (uint32_t seed = 1; seed <= 40; seed++) {
                uint32_t random = seed;
                AUTO_TEXT struct text text = {0};
                for (unsigned count = 0; count < 200; count++)
                        add_piece(&text, &random);
                AUTO_FREE char *single = read_in_pieces(text.data, text.length, 1, 1, true);
                AUTO_FREE char *whole = read_in_pieces(text.data, text.length, text.length, text.length, true);
                assert_string_equal(whole, single);
                AUTO_FREE char *pieces = read_in_pieces(text.data, text.length, seed, 97, true);
                assert_string_equal(pieces, single);
        }
}

TEST(hostile_input_is_not_slow)
{
        static const char *const unkind[] = {
                "\x1b[1;512HX\x1b[1;1HY\x1b[1;1HZ",
                "\rX\rY",
                "X\x1b[1K",
                "X\x1b[K",
                "\x1b[9999b",
                "\x1b[999;999Hx\x1b[H",
                "x\x1b[D",
                "\x1b[Lx",
                "\bX\bY",
                "\x1b[512Gx\x1b[1K",
        };
        for (size_t i = 0; i < sizeof unkind / sizeof *unkind; i++) {
                size_t handed_on = 0;
                AUTO_LOG struct log *log = log_new(count, &handed_on);
                AUTO_TEXT struct text long_line = {0};
                text_add(&long_line, "\x1b[H");
                for (int at = 0; at < 65000; at++)
                        text_add_char(&long_line, 'x');
                log_feed(log, long_line.data, long_line.length);
                uint64_t start = time_now_ms();
                for (size_t done = 0; done < 100000; done += strlen(unkind[i]))
                        log_feed(log, unkind[i], strlen(unkind[i]));
                assert_true(time_now_ms() - start <= 8000); // under 1 s if nothing else runs
        }
}
