// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "launcher/drive/screen-match.h"

// As the shipped profiles have it.
static const char disk_row[] = "(?<size>\\d+(?:\\.\\d+)?) (?<unit>[KMGT]iB)\\b";

// A console that was given BYTES.
static struct console *console_of(const char *bytes)
{
        struct console *console = console_new();
        console_feed(console, bytes, strlen(bytes));
        return console;
}

// A pattern that has to compile.
static struct pattern *pattern_of(const char *source)
{
        AUTO_ERROR struct error err = {0};
        struct pattern *pattern = pattern_new(source, &err);
        assert_done(pattern, &err);
        return pattern;
}

static bool matches(const char *source, const char *text)
{
        AUTO_PATTERN struct pattern *pattern = pattern_of(source);
        return pattern_matches(pattern, text);
}

static int number(const char *source, const char *text)
{
        AUTO_PATTERN struct pattern *pattern = pattern_of(source);
        return screen_number(pattern, text);
}

static unsigned disks_of(struct console *console, const char *source, struct screen_disk *disks, unsigned limit)
{
        AUTO_PATTERN struct pattern *pattern = pattern_of(source);
        return screen_disks(console, pattern, disks, limit);
}

TEST(patterns_match_line_by_line)
{
        static const char text[] = "first line\nsecond (Enter) Continue\nlast\n";
        assert_true(matches("\\(Enter\\) Continue", text));
        assert_true(matches("^second", text));
        assert_true(matches("line$", text));
        assert_true(matches("^last$", text));
        assert_false(matches("^Continue", text));
        assert_false(matches("enter", text));
        assert_false(matches("first.*last", text));
        assert_true(matches("(?s)first.*last", text));
        assert_true(matches("\xC3\xBC", "\xC3\xBC"));
        assert_true(matches("^.$", "\xC3\xBC"));
}

TEST(all_patterns_of_a_screen_have_to_match)
{
        AUTO_PATTERN struct pattern *title = pattern_of("Welcome");
        AUTO_PATTERN struct pattern *keys = pattern_of("\\(Enter\\)");
        struct pattern *const both[] = {title, keys};
        assert_true(screen_matches(both, 2, "(Enter) Continue\nWelcome"));
        assert_false(screen_matches(both, 2, "Welcome"));
        assert_false(screen_matches(both, 2, "(Enter)"));
        assert_true(screen_matches(both, 1, "Welcome"));
        assert_false(screen_matches(both, 0, "Welcome"));
}

TEST(invalid_patterns_are_refused)
{
        static const struct {
                const char *source, *message;
        } wrong[] = {
                {"(unclosed", "missing closing parenthesis, at character 10 of `(unclosed`"},
                {"ab[z-a]", "range out of order in character class, at character"},
                {"*", "quantifier does not follow a repeatable item, at character"},
                {"\xFF", "is not a valid pattern"},
                {"", "matches the empty text"},
                {"x*", "matches the empty text"},
                {"^", "matches the empty text"},
                {"$", "matches the empty text"},
                {"a|", "matches the empty text"},
                {"(?!x)", "matches the empty text"},
        };
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_PATTERN struct pattern *pattern = pattern_new(wrong[i].source, &err);
                assert_null(pattern);
                assert_error(&err, ERROR_DAMAGED, wrong[i].message);
        }
}

TEST(text_that_cannot_be_matched_does_not_match)
{
        assert_false(matches("a", "\xFF a"));
        // Matching this would take too long.
        assert_false(matches("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
}

TEST(groups_have_numbers_and_names)
{
        AUTO_PATTERN struct pattern *pattern = pattern_of("(?<name>\\w+): (\\d+)?x\\K");
        assert_int_equal(pattern_groups(pattern), 2);
        assert_true(pattern_has_group(pattern, "name"));
        assert_false(pattern_has_group(pattern, "size"));
        assert_null(pattern_group(pattern, 1));
        assert_true(pattern_matches(pattern, "disk: x"));
        AUTO_FREE char *name = pattern_named_group(pattern, "name");
        assert_string_equal(name, "disk");
        assert_null(pattern_group(pattern, 2));
        assert_null(pattern_group(pattern, 3));
        assert_null(pattern_named_group(pattern, "size"));
}

TEST(the_first_group_is_a_number)
{
        static const char percent[] = "(\\d+) ?%";
        assert_int_equal(number(percent, "Installing: 42 %"), 42);
        assert_int_equal(number(percent, "Installing\n  100%\n"), 100);
        assert_int_equal(number(percent, "0%"), 0);
        assert_int_equal(number(percent, "Installing"), -1);
        assert_int_equal(number("\\d+%", "42%"), -1);
        assert_int_equal(number("(x)|(\\d+)%", "42%"), -1);
        assert_int_equal(number("(\\w+)", "abc"), -1);
        assert_int_equal(number(percent, "2147483647%"), INT32_MAX);
        assert_int_equal(number(percent, "2147483648%"), -1);
        assert_int_equal(number(percent, "99999999999999999999999999%"), -1);
        assert_int_equal(number("(\\d*)%", "%"), -1);
}

TEST(the_disks_of_a_list_are_found)
{
        AUTO_CONSOLE struct console *console = console_of(
                "\033[44;37m\033[2J\033[2;5HSelect a Disk to Install or Upgrade\033[3;5H(any existing VMFS-3 "
                "will be upgraded)"
                "\033[5;5HStorage Device                                  Capacity"
                "\033[7;5HQEMU     QEMU HARDDISK    (mpx.vmhba32:C0:T0:L0)    504.00 MiB   "
                "\033[8;5H\033[7mQEMU     QEMU HARDDISK    (mpx.vmhba33:C0:T0:L0)     40.00 GiB\033[27m"
                "\033[9;5HNVMe     (t10.NVMe____QEMU)   1.5 TiB"
                "\033[20;5H(Esc) Cancel   (F1) Details   (Enter) Continue");
        struct screen_disk disks[CONSOLE_ROWS];
        assert_int_equal(disks_of(console, disk_row, disks, CONSOLE_ROWS), 3);
        assert_int_equal(disks[0].row, 6);
        assert_true(disks[0].size == UINT64_C(504) << 20);
        assert_int_equal(disks[1].row, 7);
        assert_true(disks[1].size == UINT64_C(40) << 30);
        assert_int_equal(disks[2].row, 8);
        assert_true(disks[2].size == UINT64_C(3) << 39);
        assert_int_equal(disks_of(console, disk_row, disks, 2), 2);
        assert_int_equal(disks_of(console, disk_row, disks, 0), 0);
        assert_int_equal(console_selected_row(console, disks[0].row, disks[2].row), 7);
}

TEST(other_rows_are_not_disks)
{
        static const char *const rows[] = {
                "",
                "GiB",
                "40.00 GiBx",
                "x GiB",
                "40.00GiB",
                "40.00 PiB",
                "40.00 gib",
                "40.00 GB",
                "forty GiB",
                // Larger than any number.
                "99999999999999999999999999999999 TiB",
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                AUTO_CONSOLE struct console *console = console_of(rows[i]);
                struct screen_disk disks[CONSOLE_ROWS];
                if (disks_of(console, disk_row, disks, CONSOLE_ROWS) != 0)
                        fail_msg("'%s' was taken for a disk", rows[i]);
        }
}

TEST(a_pattern_without_valid_groups_finds_no_disks)
{
        AUTO_CONSOLE struct console *console = console_of("40 parsecs\r\nnan GiB\r\n-3 GiB\r\ninf GiB\r\n512\r\n");
        struct screen_disk disks[CONSOLE_ROWS];
        assert_int_equal(disks_of(console, "\\d+", disks, CONSOLE_ROWS), 0);
        assert_int_equal(disks_of(console, "(?<size>\\d+) (?<unit>parsecs)", disks, CONSOLE_ROWS), 0);
        assert_int_equal(disks_of(console, "(?<size>nan|inf|-\\d) (?<unit>GiB)", disks, CONSOLE_ROWS), 0);
        // Without a unit they are bytes.
        assert_int_equal(disks_of(console, "^(?<size>512)(?<unit>GiB)?$", disks, CONSOLE_ROWS), 1);
        assert_int_equal(disks[0].size, 512);
}

// What a list shows for a disk of any size is recognised as that disk, and not as one of another size.
TEST(a_shown_size_fits_its_disk)
{
        static const uint64_t sizes[] = {
                UINT64_C(504) << 20, UINT64_C(40) << 30, (UINT64_C(40) << 30) + 512, UINT64_C(1) << 30,
                1000204886016,       UINT64_C(3) << 39,  UINT64_C(900) << 20,        128849018880,
        };
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                AUTO_FREE char *shown = text_size(sizes[i]);
                AUTO_CONSOLE struct console *console = console_of(shown);
                struct screen_disk disk;
                assert_int_equal(disks_of(console, disk_row, &disk, 1), 1);
                assert_true(screen_disk_fits(&disk, sizes[i]));
                for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
                        uint64_t apart = sizes[i] > sizes[j] ? sizes[i] - sizes[j] : sizes[j] - sizes[i];
                        assert_true(screen_disk_fits(&disk, sizes[j]) == (apart <= 512));
                }
        }
        // Neighbours that the last digit tells apart: "40.00 GiB" is not a disk of 40.10 GiB.
        const struct screen_disk forty = {.size = UINT64_C(40) << 30, .grain = 10737419};
        assert_false(screen_disk_fits(&forty, 43056954572));
        assert_false(screen_disk_fits(&(struct screen_disk){.size = 0, .grain = 1}, 1000));
        assert_false(screen_disk_fits(&(struct screen_disk){.size = UINT64_MAX, .grain = 1}, 1));
        assert_false(screen_disk_fits(&(struct screen_disk){.size = 1, .grain = 1}, UINT64_MAX));
}
