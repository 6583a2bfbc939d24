// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "launcher/screen.h"

// As the shipped profiles have it.
static const char disk_row[] = "(?<size>\\d+(?:\\.\\d+)?) (?<unit>[KMGT]iB)\\b";

static void feed(struct console *console, const char *text)
{
        console_feed(console, text, strlen(text));
}

static void test_patterns_match_line_by_line(void **state)
{
        (void)state;
        static const char text[] = "first line\nsecond (Enter) Continue\nlast\n";
        assert_true(screen_matches("\\(Enter\\) Continue", text));
        assert_true(screen_matches("^second", text));
        assert_true(screen_matches("line$", text));
        assert_true(screen_matches("^last$", text));
        assert_false(screen_matches("^Continue", text));
        assert_false(screen_matches("enter", text));
        assert_false(screen_matches("first.*last", text));
        assert_true(screen_matches("\xC3\xBC", "\xC3\xBC"));
        assert_true(screen_matches("^.$", "\xC3\xBC"));
        assert_true(screen_matches("x*", ""));
}

static void test_what_cannot_be_matched_does_not_match(void **state)
{
        (void)state;
        assert_false(screen_matches("(unclosed", "(unclosed"));
        assert_false(screen_matches("[z-a]", "z"));
        assert_false(screen_matches("a", "\xFF a"));
        assert_int_equal(screen_number("(unclosed", "1"), -1);
        // More backtracking than anybody waits for.
        assert_false(screen_matches("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
}

static void test_the_first_group_is_a_number(void **state)
{
        (void)state;
        static const char percent[] = "(\\d+) ?%";
        assert_int_equal(screen_number(percent, "Installing: 42 %"), 42);
        assert_int_equal(screen_number(percent, "Installing\n  100%\n"), 100);
        assert_int_equal(screen_number(percent, "0%"), 0);
        assert_int_equal(screen_number(percent, "Installing"), -1);
        assert_int_equal(screen_number("\\d+%", "42%"), -1);
        assert_int_equal(screen_number("(x)|(\\d+)%", "42%"), -1);
        assert_int_equal(screen_number("(\\w+)", "abc"), -1);
        assert_int_equal(screen_number(percent, "2147483647%"), INT32_MAX);
        assert_int_equal(screen_number(percent, "2147483648%"), -1);
        assert_int_equal(screen_number(percent, "99999999999999999999999999%"), -1);
        assert_int_equal(screen_number("(\\d*)%", "%"), -1);
}

static void test_the_disks_of_a_list(void **state)
{
        (void)state;
        AUTO_CONSOLE struct console *console = console_new();
        feed(console, "\033[44;37m\033[2J\033[2;5HSelect a Disk to Install or Upgrade\033[3;5H(any existing VMFS-3 "
                      "will be upgraded)"
                      "\033[5;5HStorage Device                                  Capacity"
                      "\033[7;5HQEMU     QEMU HARDDISK    (mpx.vmhba32:C0:T0:L0)    504.00 MiB   "
                      "\033[8;5H\033[7mQEMU     QEMU HARDDISK    (mpx.vmhba33:C0:T0:L0)     40.00 GiB\033[27m"
                      "\033[9;5HNVMe     (t10.NVMe____QEMU)   1.5 TiB"
                      "\033[20;5H(Esc) Cancel   (F1) Details   (Enter) Continue");
        struct screen_disk disks[CONSOLE_ROWS];
        assert_int_equal(screen_disks(console, disk_row, disks, CONSOLE_ROWS), 3);
        assert_int_equal(disks[0].row, 6);
        assert_true(disks[0].size == UINT64_C(504) << 20);
        assert_int_equal(disks[1].row, 7);
        assert_true(disks[1].size == UINT64_C(40) << 30);
        assert_int_equal(disks[2].row, 8);
        assert_true(disks[2].size == UINT64_C(3) << 39);
        assert_int_equal(screen_disks(console, disk_row, disks, 2), 2);
        assert_int_equal(screen_disks(console, disk_row, disks, 0), 0);
        assert_int_equal(console_selected_row(console, disks[0].row, disks[2].row), 7);
}

static void test_rows_that_are_no_disks(void **state)
{
        (void)state;
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
                AUTO_CONSOLE struct console *console = console_new();
                struct screen_disk disks[CONSOLE_ROWS];
                feed(console, rows[i]);
                if (screen_disks(console, disk_row, disks, CONSOLE_ROWS) != 0)
                        fail_msg("'%s' was taken for a disk", rows[i]);
        }
}

static void test_a_pattern_without_the_groups_or_with_strange_ones(void **state)
{
        (void)state;
        AUTO_CONSOLE struct console *console = console_new();
        struct screen_disk disks[CONSOLE_ROWS];
        feed(console, "40 parsecs\r\nnan GiB\r\n-3 GiB\r\ninf GiB\r\n512\r\n");
        assert_int_equal(screen_disks(console, "\\d+", disks, CONSOLE_ROWS), 0);
        assert_int_equal(screen_disks(console, "(?<size>\\d+) (?<unit>parsecs)", disks, CONSOLE_ROWS), 0);
        assert_int_equal(screen_disks(console, "(?<size>nan|inf|-\\d) (?<unit>GiB)", disks, CONSOLE_ROWS), 0);
        // Without a unit they are bytes.
        assert_int_equal(screen_disks(console, "^(?<size>512)(?<unit>GiB)?$", disks, CONSOLE_ROWS), 1);
        assert_int_equal(disks[0].size, 512);
}

// What a list shows for a disk of any size is recognised as that disk, and not as one of another size.
static void test_a_shown_size_fits_its_disk(void **state)
{
        (void)state;
        static const uint64_t sizes[] = {
                UINT64_C(504) << 20, UINT64_C(40) << 30, (UINT64_C(40) << 30) + 512, UINT64_C(1) << 30,
                1000204886016,       UINT64_C(3) << 39,  UINT64_C(900) << 20,        128849018880,
        };
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                AUTO_CONSOLE struct console *console = console_new();
                AUTO_FREE char *shown = text_size(sizes[i]);
                struct screen_disk disk;
                feed(console, shown);
                assert_int_equal(screen_disks(console, disk_row, &disk, 1), 1);
                assert_true(screen_disk_fits(&disk, sizes[i]));
                for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
                        uint64_t apart = sizes[i] > sizes[j] ? sizes[i] - sizes[j] : sizes[j] - sizes[i];
                        assert_true(screen_disk_fits(&disk, sizes[j]) == (apart <= 512));
                }
        }
        // Neighbours that the last digit tells apart: "40.00 GiB" is no disk of 40.10 GiB.
        const struct screen_disk forty = {.size = UINT64_C(40) << 30, .grain = 10737419};
        assert_false(screen_disk_fits(&forty, 43056954572));
        assert_false(screen_disk_fits(&(struct screen_disk){.size = 0, .grain = 1}, 1000));
        assert_false(screen_disk_fits(&(struct screen_disk){.size = UINT64_MAX, .grain = 1}, 1));
        assert_false(screen_disk_fits(&(struct screen_disk){.size = 1, .grain = 1}, UINT64_MAX));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_patterns_match_line_by_line),
                cmocka_unit_test(test_what_cannot_be_matched_does_not_match),
                cmocka_unit_test(test_the_first_group_is_a_number),
                cmocka_unit_test(test_the_disks_of_a_list),
                cmocka_unit_test(test_rows_that_are_no_disks),
                cmocka_unit_test(test_a_pattern_without_the_groups_or_with_strange_ones),
                cmocka_unit_test(test_a_shown_size_fits_its_disk),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
