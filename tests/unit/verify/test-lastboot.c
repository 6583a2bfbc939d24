// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "verify/causes.h"
#include "verify/log/lastboot.h"

static void read_log(const char *content, struct lastboot *lastboot)
{
        write_text("log", content);
        assert_done(lastboot_read("log", lastboot, &err), &err);
}

TEST_IN_SCRATCH(only_lines_after_the_last_start_count)
{
        AUTO_LASTBOOT struct lastboot lastboot = {0};
        read_log("BdsDxe: starting Boot0001 \"USB\" from PciRoot(0x0)\r\n\033[5;3H(Enter) Continue\r\n"
                 "norts=1: off\r\nInstallation Complete\r\nits.c:2934\r\n"
                 "BdsDxe: loading Boot0004 \"VMware ESXi\" from HD(1,MBR,0)\r\n"
                 "BdsDxe: starting Boot0004 \"VMware ESXi\" from HD(1,MBR,0)\r\nVERIFY is no panic\r\n",
                 &lastboot);
        assert_true(lastboot.has_started);
        assert_int_equal(lastboot.started.number, 4);
        assert_int_equal(lastboot.started_line, 7);
        assert_int_equal(lastboot.found[LASTBOOT_INSTALLER].line, 0);
        assert_int_equal(lastboot.found[LASTBOOT_GIC_PANIC].line, 0);
        assert_int_equal(lastboot.found[LASTBOOT_PANIC].line, 0);
        assert_int_equal(lastboot.found[LASTBOOT_COMPLETE].line, 0);
        assert_int_equal(lastboot.found[LASTBOOT_NO_RUNTIME].line, 3);
        assert_int_equal(lastboot.found[LASTBOOT_WAS_COMPLETE].line, 4);
}

TEST_IN_SCRATCH(words_are_found_with_their_line)
{
        AUTO_LASTBOOT struct lastboot lastboot = {0};
        read_log("BdsDxe: starting Boot0001 \"USB\" from PciRoot(0x0)\n\033[7mSelect a Disk to Install or "
                 "Upgrade\033[0m\n"
                 "VERIFY bora/vmkernel/its.c:2934\n@BlueScreen its.c:2934\n",
                 &lastboot);
        assert_int_equal(lastboot.found[LASTBOOT_INSTALLER].line, 2);
        assert_string_equal(lastboot.found[LASTBOOT_INSTALLER].text, "Select a Disk to Install or Upgrade");
        assert_int_equal(lastboot.found[LASTBOOT_GIC_PANIC].line, 3);
        assert_int_equal(lastboot.found[LASTBOOT_PANIC].line, 3);
}

TEST_IN_SCRATCH(a_boot_that_came_up_had_not_ended_before)
{
        static const struct {
                const char *log;
                uint64_t line;
        } cases[] = {
                {"Fatal error: 32 (Unsupported)\nTo manage this host, go to:\n", 0},
                {"Starting service DCUI\nNo hypervisor found.\n", 2},
                {"Synchronous Exception at 0x00000000BF5D8E04\n", 1},
                {"jumpstart: Fatal error: a plugin; Fatal error: 3 (No)\n", 1},
                {"jumpstart: Fatal error: a plugin\nhostd: Exception at 0x7f\n", 0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_LASTBOOT struct lastboot lastboot = {0};
                read_log(cases[i].log, &lastboot);
                if (lastboot.found[LASTBOOT_ENDED].line != cases[i].line)
                        fail_msg("%s", cases[i].log);
        }
}

TEST_IN_SCRATCH(empty_binary_and_missing_logs)
{
        AUTO_LASTBOOT struct lastboot empty = {0}, binary = {0}, missing = {0};
        read_log("", &empty);
        assert_false(empty.has_started);
        shell("head -c 300000 /dev/urandom >noise");
        assert_done(lastboot_read("noise", &binary, &err), &err);
        assert_failed(lastboot_read("absent", &missing, &err), ERROR_USAGE, "absent");
}

TEST_IN_SCRATCH(every_cause_has_an_id_of_its_own_and_its_words)
{
        for (enum cause cause = 0; cause < CAUSES; cause++) {
                const struct cause_row *row = cause_row(cause);
                assert_true(row->id && row->title && row->how && row->advice);
                assert_int_equal(row->title[strlen(row->title) - 1], '.');
                assert_int_equal(row->advice[strlen(row->advice) - 1], '.');
                for (enum cause other = 0; other < cause; other++)
                        assert_string_not_equal(row->id, cause_row(other)->id);
        }
}
