// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include "launcher/keys.h"
#include "launcher/profile.h"
#include "launcher/screen.h"

// A profile with everything in it, which each test damages in one place.
static const char sound[] = "name: test\n"
                            "title: a test\n"
                            "rehearsal: true\n"
                            "machine:\n"
                            "  memory: 1024\n"
                            "  cpus: 2\n"
                            "  disk_size: 40G\n"
                            "boot_label: VMware ESXi\n"
                            "settle_ms: 30\n"
                            "resend_ms: 1500\n"
                            "disk_row: '(?<size>\\d+) (?<unit>[KMGT]iB)'\n"
                            "install:\n"
                            "  steps:\n"
                            "    - id: welcome\n"
                            "      title: Welcome\n"
                            "      screen: 'Welcome$'\n"
                            "      keys: [Enter, 'Tab?', <password>, <target-disk>, a]\n"
                            "      wait: 30\n"
                            "    - {id: progress, title: Installing, screen: '%', percent: '(\\d+)%', optional: true}\n"
                            "    - {id: complete, title: Complete, screen: Complete, keys: [], limit: 1}\n"
                            "  anytime:\n"
                            "    - {id: wrong, title: Wrong, screen: minimum, keys: [Enter], then: welcome}\n"
                            "  criteria:\n"
                            "    - {name: done, kind: required, line: Complete}\n"
                            "reboot:\n"
                            "  wait: 20\n"
                            "  criteria:\n"
                            "    - {name: down, kind: optional, line: shutdown}\n"
                            "boot:\n"
                            "  criteria:\n"
                            "    - {name: up, kind: required, line: 'To manage this host'}\n"
                            "    - {name: panic, kind: forbidden, panic: true, line: PSOD}\n";

// SOUND with the first FIND replaced by REPLACEMENT, in the file ./test.yaml.
static void write_profile(const char *find, const char *replacement)
{
        const char *at = strstr(sound, find);
        assert_non_null(at);
        unlink("test.yaml");
        AUTO_FREE char *text = text_format("%.*s%s%s", (int)(at - sound), sound, replacement, at + strlen(find));
        write_text("test.yaml", text);
}

static void test_a_sound_profile_is_read_whole(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        write_text("test.yaml", sound);
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_done(profile, &err);
        assert_string_equal(profile->name, "test");
        assert_true(profile->rehearsal);
        assert_int_equal(profile->machine.memory_mb, 1024);
        assert_string_equal(profile->machine.disk_size, "40G");
        assert_int_equal(profile->settle_ms, 30);
        assert_int_equal(profile->install.step_count, 3);
        const struct profile_step *welcome = profile_step(&profile->install, "welcome");
        assert_ptr_equal(welcome, &profile->install.steps[0]);
        assert_int_equal(welcome->key_count, 5);
        assert_string_equal(welcome->keys[1], "Tab?");
        assert_int_equal(welcome->wait_s, 30);
        assert_false(welcome->optional);
        assert_true(profile->install.steps[1].optional);
        assert_string_equal(profile->install.steps[1].percent, "(\\d+)%");
        assert_int_equal(profile->install.steps[2].limit, 1);
        assert_string_equal(profile->install.anytime[0].then, "welcome");
        assert_null(profile_step(&profile->install, "wrong"));
        assert_null(profile_step(&profile->install, ""));
        assert_int_equal(profile->boot.criterion_count, 2);
        assert_true(profile->boot.criteria[1].panic);
        assert_int_equal(profile->boot.criteria[1].kind, CRITERION_FORBIDDEN);
}

static void test_what_is_left_out_has_its_default(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        write_profile("settle_ms: 30\nresend_ms: 1500\n", "");
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_done(profile, &err);
        assert_true(profile->settle_ms > 0);
        assert_true(profile->resend_ms > 0);
        assert_true(profile->install.steps[1].wait_s > 0);
        assert_int_equal(profile->install.steps[1].key_count, 0);
        assert_null(profile->install.steps[1].then);
        assert_true(profile->install.steps[1].limit > 1);
        assert_true(profile->boot.wait_s > 0);
}

// One mistake each: what is replaced by what, and what the message has to say. LINE is 0 where the message need not
// name one.
static const struct {
        const char *find, *replacement, *message;
        unsigned line;
} mistakes[] = {
        // Keys of the document.
        {"title: a test\n", "title: a test\ncolour: blue\n", "Unexpected key: colour", 0},
        {"  cpus: 2\n", "  cpus: 2\n  gpus: 1\n", "Unexpected key: gpus", 0},
        {"      wait: 30\n", "      waits: 30\n", "Unexpected key: waits", 0},
        {"boot_label: VMware ESXi\n", "", "Missing required mapping field: boot_label", 0},
        {"  disk_size: 40G\n", "", "disk_size", 0},
        {"      title: Welcome\n", "", "title", 0},
        {"{name: down, kind: optional, line: shutdown}", "{name: down, kind: optional}", "line", 0},
        {"reboot:\n  wait: 20\n  criteria:\n    - {name: down, kind: optional, line: shutdown}\n", "", "reboot", 0},
        {"title: a test\n", "title: a test\ntitle: again\n", "title", 0},
        // Values of the wrong type.
        {"rehearsal: true", "rehearsal: perhaps", "test.yaml:3", 3},
        {"memory: 1024", "memory: much", "test.yaml:5", 5},
        {"memory: 1024", "memory: -1024", "test.yaml:5", 5},
        {"memory: 1024", "memory: 99999999999", "test.yaml:5", 5},
        {"memory: 1024", "memory: [1024]", "test.yaml:5", 5},
        {"wait: 30", "wait: soon", "test.yaml:18", 18},
        {"panic: true", "panic: yes please", "test.yaml:3", 0},
        {"optional: true", "optional: 2", "test.yaml:19", 19},
        {"kind: required", "kind: 7", "test.yaml:24", 24},
        {"keys: [Enter, 'Tab?', <password>, <target-disk>, a]", "keys: Enter", "test.yaml:17", 17},
        {"keys: [Enter, 'Tab?', <password>, <target-disk>, a]", "keys: [[Enter]]", "test.yaml:17", 17},
        {"machine:\n  memory: 1024\n  cpus: 2\n  disk_size: 40G\n", "machine: large\n", "test.yaml:4", 4},
        {"kind: required", "kind: wanted", "test.yaml:24", 24},
        {"name: test\n", "name: ''\n", "test.yaml:1", 1},
        {"name: test\n", "name: [a, b]\n", "test.yaml:1", 1},
        {"  criteria:\n    - {name: down, kind: optional, line: shutdown}\n", "  criteria: []\n", "test.yaml:2", 0},
        // What the values mean.
        {"disk_size: 40G", "disk_size: forty", "disk_size: 'forty' is no size", 0},
        {"disk_size: 40G", "disk_size: 0", "disk_size: '0' is no size", 0},
        {"memory: 1024", "memory: 0", "memory and cpus must not be 0", 0},
        {"cpus: 2", "cpus: 0", "memory and cpus must not be 0", 0},
        {"'Welcome$'", "'(Welcome'", "install: steps: welcome: 'screen' is no pattern", 0},
        {"'(\\d+)%'", "'[%'", "install: steps: progress: 'percent' is no pattern", 0},
        {"screen: minimum", "screen: '*'", "install: anytime: wrong: 'screen' is no pattern", 0},
        {"line: shutdown", "line: '(?<'", "reboot: criteria: ", 0},
        {"(?<size>\\d+)", "(?<size>", "disk_row", 0},
        {"(?<size>\\d+) ", "", "disk_row: needs the groups", 0},
        {"(?<unit>[KMGT]iB)", "iB", "disk_row: needs the groups", 0},
        {"keys: [Enter, ", "keys: [Entre, ", "welcome: there is no key 'Entre'; did you mean 'Enter'?", 0},
        {"'Tab?'", "'?'", "", 0}, // a question mark is a key
        {"'Tab?'", "'Tab?\?'", "there is no key 'Tab?'", 0},
        {"'Tab?'", "''", "test.yaml:17", 17},
        {"<password>", "<passwort>", "there is no key '<passwort>'", 0},
        {"then: welcome", "then: welcom", "wrong: there is no step 'welcom' to go on with", 0},
        {"then: welcome", "then: wrong", "there is no step 'wrong'", 0},
        {"id: progress", "id: welcome", "there are two steps 'welcome'", 0},
        {"limit: 1", "limit: 1, then: nowhere", "complete: there is no step 'nowhere'", 0},
};

static void test_every_mistake_is_named_with_its_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
                AUTO_ERROR struct error err = {0};
                write_profile(mistakes[i].find, mistakes[i].replacement);
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                if (!*mistakes[i].message) {
                        assert_done(profile, &err);
                        continue;
                }
                if (profile)
                        fail_msg("'%s' was taken", mistakes[i].replacement);
                assert_error(&err, ERROR_DAMAGED, "./test.yaml");
                assert_error(&err, ERROR_DAMAGED, mistakes[i].message);
                if (mistakes[i].line) {
                        AUTO_FREE char *place = text_format("test.yaml:%u: ", mistakes[i].line);
                        assert_error(&err, ERROR_DAMAGED, place);
                }
                assert_null(strstr(err.message, ":0:"));
        }
}

static void test_no_steps(void **state)
{
        (void)state;
        const char *from = strstr(sound, "  steps:");
        const char *to = strstr(sound, "  anytime:");
        static const char *const instead[] = {"", "  steps: []\n"};
        for (size_t i = 0; i < 2; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_FREE char *text = text_format("%.*s%s%s", (int)(from - sound), sound, instead[i], to);
                write_text("test.yaml", text);
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                assert_null(profile);
                assert_error(&err, ERROR_DAMAGED, "install: needs steps");
        }
}

static void test_what_is_no_profile_at_all(void **state)
{
        (void)state;
        static const char *const contents[] = {
                "",
                "\n",
                "# only a comment\n",
                "---\n",
                "---\n...\n",
                "null\n",
                "just text",
                "[1, 2]",
                "42",
                "name: [unclosed\n",
                "name: 'unclosed\n",
                "\tname: test\n",
                "name: test\n  title: wrongly indented\n",
                "name: &a [*a]\n",
                "name: *nowhere\n",
                "a: &a [x, x]\nb: &b [*a, *a]\nname: [*b, *b]\n",
                "%YAML 9.9\n---\nname: x\n",
                "\xFF\xFE\x00",
                "name: \xC3\x28\n",
                "\177ELF\002\001\001",
                "name: \"\\x00\"\n",
        };
        for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
                AUTO_ERROR struct error err = {0};
                write_text("test.yaml", contents[i]);
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                if (profile)
                        fail_msg("case %zu was taken for a profile", i);
                assert_error(&err, ERROR_DAMAGED, "./test.yaml");
                assert_true(strlen(err.message) > strlen("./test.yaml: "));
                assert_null(strstr(err.message, ":0:"));
        }
        uint8_t binary[2000];
        for (size_t i = 0; i < sizeof binary; i++)
                binary[i] = (uint8_t)(i * 7919 >> 3);
        AUTO_ERROR struct error err = {0};
        write_bytes("test.yaml", (struct bytes){binary, sizeof binary});
        AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
        assert_null(profile);
        assert_int_equal(err.code, ERROR_DAMAGED);
}

static void test_a_profile_cut_at_every_byte(void **state)
{
        (void)state;
        for (size_t size = 0; size + 1 < sizeof sound - 1; size++) {
                AUTO_ERROR struct error err = {0};
                unlink("test.yaml"); // some file systems wait for the disk when a file is cut off and written anew
                write_bytes("test.yaml", (struct bytes){(const uint8_t *)sound, size});
                AUTO_PROFILE struct profile *profile = profile_read("./test.yaml", &err);
                // The last word and the last row may lack something without being wrong.
                if (size < sizeof sound - 80)
                        assert_null(profile);
                assert_true(profile || err.code == ERROR_DAMAGED);
        }
}

static void test_a_profile_that_is_not_there(void **state)
{
        (void)state;
        AUTO_ERROR struct error path = {0};
        AUTO_ERROR struct error name = {0};
        AUTO_ERROR struct error folder = {0};
        AUTO_PROFILE struct profile *none = profile_read("./missing.yaml", &path);
        AUTO_PROFILE struct profile *nameless = profile_read("no-such-guest", &name);
        shell("mkdir folder");
        AUTO_PROFILE struct profile *no_file = profile_read("./folder", &folder);
        assert_null(none);
        assert_null(nameless);
        assert_null(no_file);
        assert_error(&path, ERROR_USAGE, "./missing.yaml");
        assert_null(strstr(path.message, ":0:"));
        assert_error(&name, ERROR_ENVIRONMENT, "guests/no-such-guest.yaml");
        assert_error(&folder, ERROR_DAMAGED, "./folder");
}

// The profiles that are shipped.

static const char *const shipped[] = {"esxi8", "rehearsal"};

static struct profile *read_shipped(const char *name)
{
        AUTO_ERROR struct error err = {0};
        const char *build = getenv("BUILD");
        AUTO_FREE char *path = text_format("%s/share/guests/%s.yaml", build ? build : "build", name);
        struct profile *profile = profile_read(path, &err);
        assert_done(profile, &err);
        return profile;
}

static void test_a_name_is_looked_up_in_the_data_files(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        const char *build = getenv("BUILD");
        AUTO_FREE char *data = text_format("%s/share", build ? build : "build");
        setenv("ESXIARM_DATA", data, 1);
        AUTO_PROFILE struct profile *profile = profile_read("esxi8", &err);
        unsetenv("ESXIARM_DATA");
        assert_done(profile, &err);
        assert_string_equal(profile->name, "esxi8");
        assert_false(profile->rehearsal);
}

// What the installer shows, as far as it was reported.
static const struct {
        const char *step, *screen;
} screens[] = {
        {"welcome", "     Welcome to the VMware ESXi 8.0.3 Installation\n\n      (Esc) Cancel      (Enter) Continue\n"},
        {"eula", "     End User License Agreement (EULA)\n\n  (ESC) Do not Accept      (F11) Accept and Continue\n"},
        {"disk", "     Select a Disk to Install or Upgrade\n  504.00 MiB\n  40.00 GiB\n  (Esc) Cancel    (F1) Details  "
                 "  (F5) Refresh    (Enter) Continue\n"},
        {"osdata", "     Select a Disk to store ESX OSData\n  40.00 GiB\n  (Esc) Cancel    (Enter) Continue\n"},
        {"usb", "     USB/SD-Card device Configuration\n  (Esc) Cancel    (Enter) Continue\n"},
        {"usb", "     ESXi will be installed on a USB/SD device\n  (Esc) Cancel    (Enter) Continue\n"},
        {"keyboard",
         "     Please select a keyboard layout\n   US Default\n  (Esc) Cancel    (F9) Back    (Enter) Continue\n"},
        {"keyboard", "     Select a Keyboard Layout\n  (Enter) Continue\n"},
        {"password", "     Enter a root password\n   Root password:\n   Confirm password:\n  (Esc) Cancel    (F9) Back "
                     "   (Enter) Continue\n"},
        {"warnings", "     Error(s)/Warning(s) Found During System Scan\n  HARDWARE_VIRTUALIZATION WARNING\n  (Esc) "
                     "Cancel    (F9) Back    (Enter) Continue\n"},
        {"confirm", "     Confirm Install\n  (Esc) Cancel    (F9) Back    (F11) Install\n"},
        {"progress", "     Installing ESXi 8.0.3\n   42 %\n"},
        {"complete", "     Installation Complete\n  (Enter) Reboot\n"},
};

static void test_the_shipped_steps_know_the_reported_screens(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                assert_string_equal(profile->name, shipped[i]);
                assert_string_equal(profile->boot_label, "VMware ESXi");
                assert_int_equal(profile->rehearsal, i);
                for (size_t j = 0; j < sizeof screens / sizeof screens[0]; j++) {
                        const struct profile_step *step = profile_step(&profile->install, screens[j].step);
                        assert_non_null(step);
                        if (!screen_matches(step->screen, screens[j].screen))
                                fail_msg("%s: '%s' does not match its screen", shipped[i], screens[j].step);
                }
                assert_int_equal(screen_number(profile_step(&profile->install, "progress")->percent, "Installing 42 %"),
                                 42);
        }
}

// The steps that may follow the welcome must tell their screens apart; the order does the rest.
static void test_no_shipped_step_takes_another_one_s_screen(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                for (size_t j = 0; j < profile->install.step_count; j++) {
                        const struct profile_step *step = &profile->install.steps[j];
                        for (size_t k = 0; strcmp(step->id, "welcome") != 0 && k < sizeof screens / sizeof screens[0];
                             k++)
                                assert_true(screen_matches(step->screen, screens[k].screen) ==
                                            (strcmp(step->id, screens[k].step) == 0));
                }
                for (size_t j = 0; j < profile->install.anytime_count; j++) {
                        for (size_t k = 0; k < sizeof screens / sizeof screens[0]; k++)
                                assert_false(screen_matches(profile->install.anytime[j].screen, screens[k].screen));
                }
        }
}

static void test_the_wrong_disk_leads_back_to_the_list(void **state)
{
        (void)state;
        static const char screen[] = "  The selected disk does not have the minimum space of 4 GB\n  (Enter) OK\n";
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                const struct profile_step *step = &profile->install.anytime[0];
                assert_true(screen_matches(step->screen, screen));
                assert_string_equal(step->then, "disk");
        }
}

static void test_the_shipped_keys_are_the_reported_ones(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                assert_string_equal(key_bytes(profile_step(&profile->install, "eula")->keys[0]), "\033[23~");
                assert_string_equal(key_bytes(profile_step(&profile->install, "confirm")->keys[0]), "\033[23~");
                assert_string_equal(key_bytes(profile_step(&profile->install, "welcome")->keys[0]), "\r");
                assert_string_equal(profile_step(&profile->install, "disk")->keys[0], "<target-disk>");
        }
}

static const char *const booted[] = {
        "BdsDxe: loading Boot0004 \"VMware ESXi\" from HD(1,GPT,0A48CC8F)/\\EFI\\VMware\\safeboot64.efi",
        "BdsDxe: starting Boot0004 \"VMware ESXi\" from HD(1,GPT,0A48CC8F)/\\EFI\\VMware\\safeboot64.efi",
        "VMware ESXi 8.0.3 [Releasebuild-24677879 aarch64]",
        "Starting VMKernel initialization",
        "Boot complete (2/2)",
        "To manage this host, go to:",
};
static const char *const rebooted[] = {
        "Starting VMKernel shutdown",
        "VMK shutdown(43/43)",
        "This system has been halted",
        "BdsDxe: loading Boot0004 \"VMware ESXi\" from HD(1)",
};
static const char *const installed[] = {"Installation Complete"};

static enum verdict judge(const struct profile_phase *phase, const char *const *lines, size_t count, const char *more)
{
        AUTO_ERROR struct error err = {0};
        AUTO_CRITERIA struct criteria *criteria = criteria_new(phase->criteria, phase->criterion_count, &err);
        assert_done(criteria, &err);
        for (size_t i = 0; i < count; i++)
                criteria_line(criteria, i + 1, 0, lines[i]);
        if (more)
                criteria_line(criteria, count + 1, 0, more);
        return criteria_judge(criteria).outcome;
}

#define LINES(array) (array), sizeof(array) / sizeof(array)[0]

static void test_the_shipped_criteria_judge_the_reported_logs(void **state)
{
        (void)state;
        static const char *const panics[] = {"its.c:2934", "VERIFY bora/vmkernel/main/x.c:12",
                                             "Module(s) involved in panic: [vmkernel]",
                                             "0x453890: PanicvPanicInt@vmkernel", "PSOD"};
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
                AUTO_PROFILE struct profile *profile = read_shipped(shipped[i]);
                assert_int_equal(judge(&profile->boot, LINES(booted), NULL), VERDICT_PASS);
                assert_int_equal(judge(&profile->reboot, LINES(rebooted), NULL), VERDICT_PASS);
                assert_int_equal(judge(&profile->install, LINES(installed), NULL), VERDICT_PASS);
                // Each marker is needed, but the line of the loader, which not every console shows.
                for (size_t count = 0; count < sizeof booted / sizeof booted[0]; count++)
                        assert_int_equal(judge(&profile->boot, booted, count, NULL), VERDICT_FAIL);
                assert_int_equal(judge(&profile->boot, LINES(booted), "VERIFY alone is no panic"), VERDICT_PASS);
                for (size_t j = 0; j < sizeof panics / sizeof panics[0]; j++) {
                        assert_int_equal(judge(&profile->install, LINES(installed), panics[j]), VERDICT_PANIC);
                        assert_int_equal(judge(&profile->reboot, LINES(rebooted), panics[j]), VERDICT_PANIC);
                        assert_int_equal(judge(&profile->boot, LINES(booted), panics[j]), VERDICT_PANIC);
                }
        }
}

// The firmware may start the disk's own entry; the markers that follow make it a success all the same.
static void test_the_disk_s_generic_entry_is_a_success_too(void **state)
{
        (void)state;
        const char *lines[sizeof booted / sizeof booted[0]];
        memcpy(lines, booted, sizeof lines);
        lines[0] =
                "BdsDxe: loading Boot0002 \"UEFI QEMU QEMU USB HARDDRIVE\" from PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)";
        lines[1] = "BdsDxe: starting Boot0002 \"UEFI QEMU QEMU USB HARDDRIVE\" from "
                   "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)";
        lines[5] = "Starting service DCUI";
        AUTO_PROFILE struct profile *profile = read_shipped("esxi8");
        assert_int_equal(judge(&profile->boot, LINES(lines), NULL), VERDICT_PASS);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_begin, scratch_end)

int main(void)
{
        const struct CMUnitTest tests[] = {
                IN_SCRATCH(test_a_sound_profile_is_read_whole),
                IN_SCRATCH(test_what_is_left_out_has_its_default),
                IN_SCRATCH(test_every_mistake_is_named_with_its_place),
                IN_SCRATCH(test_no_steps),
                IN_SCRATCH(test_what_is_no_profile_at_all),
                IN_SCRATCH(test_a_profile_cut_at_every_byte),
                IN_SCRATCH(test_a_profile_that_is_not_there),
                cmocka_unit_test(test_a_name_is_looked_up_in_the_data_files),
                cmocka_unit_test(test_the_shipped_steps_know_the_reported_screens),
                cmocka_unit_test(test_no_shipped_step_takes_another_one_s_screen),
                cmocka_unit_test(test_the_wrong_disk_leads_back_to_the_list),
                cmocka_unit_test(test_the_shipped_keys_are_the_reported_ones),
                cmocka_unit_test(test_the_shipped_criteria_judge_the_reported_logs),
                cmocka_unit_test(test_the_disk_s_generic_entry_is_a_success_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
