// SPDX-License-Identifier: Apache-2.0
//
// The QEMU that is installed, and small scripts that stand in for others.
#include "base/arguments.h"
#include "tests/unit/scratch.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/time.h"
#include "launcher/vm/qemu-probe.h"

#define QEMU "qemu-system-aarch64"

static const struct settings usual = {
        .accel = "tcg",
        .machine_options = "virt,virtualization=off,gic-version=2",
        .cpu = "max,pauth-impdef=on",
        .disk_bus = "usb",
        .nic = "vmxnet3",
        .qemu = QEMU,
};

// The cache is in the scratch folder.
static int begin(void **state)
{
        if (scratch_begin(state) != 0)
                return -1;
        return setenv("XDG_CACHE_HOME", *state, 1);
}
#define WITH_CACHE(test) cmocka_unit_test_setup_teardown(test, begin, scratch_end)

// An executable script.
static void write_script(const char *path, const char *body)
{
        AUTO_FREE char *script = text_format("#!/bin/sh\n%s\n", body);
        write_text(path, script);
        assert_int_equal(chmod(path, 0755), 0);
}

// A script that answers as QEMU VERSION with these names, and notes every question in the file "asked".
static void write_fake(const char *path, const char *version, const char *machines, const char *devices,
                       const char *processors, const char *accelerators)
{
        AUTO_FREE char *body = text_format(
                "echo \"$1\" >>asked\n"
                "case $1 in\n"
                "--version) echo 'QEMU emulator version %s (Fake)' ;;\n"
                "-machine) echo 'Supported machines are:'; for i in %s; do echo \"$i   a machine\"; done ;;\n"
                "-device) echo 'USB devices:'; for i in %s; do echo \"name \\\"$i\\\", bus PCI\"; done ;;\n"
                "-cpu) echo 'Available CPUs:'; for i in %s; do echo \"  $i\"; done ;;\n"
                "-accel) echo 'Accelerators supported in QEMU binary:'; for i in %s; do echo \"$i\"; done ;;\n"
                "esac",
                version, machines, devices, processors, accelerators);
        write_script(path, body);
}

static void write_whole_fake(const char *path)
{
        write_fake(path, "8.2.0", "none virt", "qemu-xhci usb-storage nvme vmxnet3 e1000e", "cortex-a53 max", "tcg");
}

static bool has(const struct arguments *names, const char *name)
{
        for (size_t i = 0; i < names->count; i++) {
                if (strcmp(names->values[i], name) == 0)
                        return true;
        }
        return false;
}

static void test_the_qemu_that_is_installed(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        AUTO_QEMU_ABILITIES struct qemu_abilities abilities = {0};
        assert_done(qemu_probe(QEMU, &abilities, &err), &err);
        AUTO_FREE char *version =
                shell_output(QEMU " --version | sed -n 's/^QEMU emulator version \\([0-9.]*\\).*/\\1/p'");
        assert_string_equal(abilities.version, version);
        assert_true(abilities.major >= 6);
        assert_true(has(&abilities.accelerators, "tcg"));
        assert_true(has(&abilities.machines, "virt"));
        assert_true(has(&abilities.processors, "cortex-a72"));
        assert_true(has(&abilities.devices, "vmxnet3"));
        assert_true(has(&abilities.devices, "virtio-net-pci"));
        assert_true(has(&abilities.devices, "virtio-net")); // an alias
        assert_false(has(&abilities.machines, "Supported"));
        AUTO_FREE char *count = shell_output(QEMU " -machine help | tail -n +2 | wc -l | tr -d ' '");
        AUTO_FREE char *counted = text_format("%zu", abilities.machines.count);
        assert_string_equal(counted, count);
        static const char *const nics[] = {"vmxnet3", "e1000e", "virtio-net-pci", "usb-net", "none"};
        for (size_t i = 0; i < sizeof nics / sizeof nics[0]; i++) {
                struct settings settings = usual;
                settings.nic = nics[i];
                settings.disk_bus = i % 2 ? "nvme" : "usb";
                assert_done(qemu_check(&settings, &abilities, &err), &err);
        }
}

static void test_what_is_missing_is_named(void **state)
{
        (void)state;
        static const char all[] = "qemu-xhci usb-storage nvme vmxnet3 e1000e";
        static const struct {
                const char *version, *machines, *devices, *processors, *accelerators;
                struct settings settings; // what differs from the usual
                enum error_code code;
                const char *message;
        } cases[] = {
                {"5.2.0",
                 "virt",
                 all,
                 "max host",
                 "tcg",
                 {0},
                 ERROR_ENVIRONMENT,
                 "is QEMU 5.2.0, and 6.0 or later is needed"},
                {"8.2.0", "q35 pc", all, "max host", "tcg", {0}, ERROR_ENVIRONMENT, "has no machine 'virt'"},
                {"8.2.0",
                 "virt",
                 all,
                 "max host",
                 "tcg",
                 {.machine_options = "vrit,gic-version=2"},
                 ERROR_ENVIRONMENT,
                 "has no machine 'vrit'; did you mean 'virt'?"},
                {"8.2.0",
                 "virt",
                 all,
                 "max host",
                 "tcg",
                 {.machine_options = "gic-version=2,type=virt-9"},
                 ERROR_ENVIRONMENT,
                 "has no machine 'virt-9'"},
                {"8.2.0",
                 "virt",
                 all,
                 "max host",
                 "tcg",
                 {.machine_options = "gic-version=2"},
                 ERROR_USAGE,
                 "names no machine"},
                {"8.2.0",
                 "virt",
                 all,
                 "max cortex-a15",
                 "tcg",
                 {0},
                 ERROR_ENVIRONMENT,
                 "has no 64-bit Arm processor; the program is qemu-system-aarch64"},
                {"8.2.0",
                 "virt",
                 all,
                 "max cortex-a72",
                 "tcg",
                 {.cpu = "cortex-a27,aarch64=on"},
                 ERROR_ENVIRONMENT,
                 "has no processor 'cortex-a27'; did you mean 'cortex-a72'?"},
                {"8.2.0", "virt", all, "max host", "kvm", {0}, ERROR_ENVIRONMENT, "has no accelerator 'tcg'"},
                {"8.2.0",
                 "virt",
                 "usb-storage vmxnet3",
                 "max host",
                 "tcg",
                 {0},
                 ERROR_ENVIRONMENT,
                 "has no device 'qemu-xhci'; the package with a full QEMU is qemu-system-arm (Debian, Ubuntu)"},
                {"8.2.0",
                 "virt",
                 "qemu-xhci vmxnet3",
                 "max host",
                 "tcg",
                 {0},
                 ERROR_ENVIRONMENT,
                 "has no device 'usb-storage'"},
                {"8.2.0",
                 "virt",
                 "qemu-xhci usb-storage vmxnet3",
                 "max host",
                 "tcg",
                 {.disk_bus = "nvme"},
                 ERROR_ENVIRONMENT,
                 "has no device 'nvme'"},
                {"8.2.0",
                 "virt",
                 "qemu-xhci usb-storage",
                 "max host",
                 "tcg",
                 {0},
                 ERROR_ENVIRONMENT,
                 "has no device 'vmxnet3'"},
                {"8.2.0",
                 "virt",
                 all,
                 "max host",
                 "tcg",
                 {.nic = "e1000x"},
                 ERROR_ENVIRONMENT,
                 "has no device 'e1000x'; did you mean 'e1000e'?"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_QEMU_ABILITIES struct qemu_abilities abilities = {0};
                struct settings settings = cases[i].settings;
                settings_complete(&settings, &usual);
                write_fake("fake", cases[i].version, cases[i].machines, cases[i].devices, cases[i].processors,
                           cases[i].accelerators);
                assert_done(qemu_probe("./fake", &abilities, &err), &err);
                assert_false(qemu_check(&settings, &abilities, &err));
                assert_error(&err, cases[i].code, cases[i].message);
        }
}

static void test_other_ways_to_name_the_machine(void **state)
{
        (void)state;
        static const char *const options[] = {"virt", "type=virt", "gic-version=2,type=virt", "virt,gic-version=2"};
        AUTO_ERROR struct error err = {0};
        AUTO_QEMU_ABILITIES struct qemu_abilities abilities = {0};
        write_whole_fake("fake");
        assert_done(qemu_probe("./fake", &abilities, &err), &err);
        for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
                struct settings settings = usual;
                settings.machine_options = options[i];
                assert_done(qemu_check(&settings, &abilities, &err), &err);
        }
}

// The tests run on many hosts; what each of them says of an accelerator that it has not is known.
static void test_an_accelerator_of_another_host_is_explained(void **state)
{
        (void)state;
        AUTO_QEMU_ABILITIES struct qemu_abilities abilities = {0};
        struct utsname host;
        assert_int_equal(uname(&host), 0);
        write_fake("fake", "8.2.0", "virt", "qemu-xhci usb-storage vmxnet3", "host max", "tcg kvm hvf");
        assert_true(qemu_probe("./fake", &abilities, NULL));
        static const struct {
                const char *accel, *system, *message;
        } cases[] = {
                {"kvm", "Linux", "accel kvm needs Linux on an aarch64 processor"},
                {"hvf", "Darwin", "accel hvf needs macOS on an Apple processor"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct settings settings = usual;
                settings.accel = cases[i].accel;
                settings.cpu = "host";
                bool arm = strcmp(host.machine, "aarch64") == 0 || strcmp(host.machine, "arm64") == 0;
                if (strcmp(host.sysname, cases[i].system) == 0 && arm)
                        continue;
                assert_false(qemu_check(&settings, &abilities, &err));
                assert_error(&err, ERROR_ENVIRONMENT, cases[i].message);
                assert_contains(err.message, host.machine);
        }
}

static void test_what_is_no_qemu_is_said_to_be_none(void **state)
{
        (void)state;
        static const struct {
                const char *body, *message;
        } cases[] = {
                {"echo hello", "is no QEMU: asked what it is, it ended with exit code 0 and said 'hello'"},
                {"exit 0", "is no QEMU: asked what it is, it ended with exit code 0"},
                {"echo 'cannot do that' >&2; exit 3", "ended with exit code 3 and said 'cannot do that'"},
                {"kill -SEGV $$", "ended by signal 11"},
                {"head -c 5000 /dev/urandom", "is no QEMU"},
                {"printf 'QEMU emulator version \\000'", "is no QEMU"},
                {"echo 'QEMU emulator version seven'", "is no QEMU"},
                {"echo '\033[31mred'", "said '\\x1b[31mred'"},
                {"head -c 3000000 /dev/zero", "printed more than"},
                {"echo 'QEMU emulator version 8.2.0'",
                 "does not tell its devices: `-device help` ended with exit code 0: QEMU"},
                {"[ $1 = --version ] && echo 'QEMU emulator version 8.2.0'; exit 0", "does not tell its accelerators"},
                {"[ $1 = --version ] && echo 'QEMU emulator version 8.2.0' && exit; echo oops >&2; exit 1",
                 "`-accel help` ended with exit code 1: oops"},
                {"[ $1 = -device ] && kill -ABRT $$; echo 'QEMU emulator version 8.2.0'",
                 "does not tell its devices: `-device help` ended with exit code 134"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct qemu_abilities abilities;
                write_script("fake", cases[i].body);
                assert_false(qemu_probe("./fake", &abilities, &err));
                assert_error(&err, ERROR_ENVIRONMENT, cases[i].message);
                assert_contains(err.message, "./fake");
                assert_null(abilities.program);
        }
}

static void test_a_program_that_hangs_is_given_up(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        struct qemu_abilities abilities;
        write_script("fake", "sleep 1000");
        assert_false(qemu_ask("./fake", 200, &abilities, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "took longer than");
}

static void test_a_program_that_is_missing_or_cannot_run(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        struct qemu_abilities abilities;
        assert_false(qemu_probe("qemu-system-nothing", &abilities, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "qemu-system-nothing is not installed");
        error_clear(&err);
        write_text("fake", "neither a script nor a program");
        assert_int_equal(chmod("fake", 0755), 0);
        assert_false(qemu_probe("./fake", &abilities, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "./fake");
}

// ---- remembering

static void let_age(const char *path)
{
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        while (time(NULL) < status.st_ctime + 2)
                usleep(10000);
}

static size_t times_asked(void)
{
        AUTO_FREE char *lines = shell_output("cat asked 2>/dev/null | wc -l | tr -d ' '");
        uint64_t count = 0;
        assert_true(text_parse_number(lines, &count));
        return (size_t)count;
}

static void test_it_is_asked_once_and_again_when_it_changed(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        struct settings settings = usual;
        settings.qemu = "./fake";
        write_whole_fake("fake");
        let_age("fake");
        assert_done(qemu_ready(&settings, &err), &err);
        assert_int_equal(times_asked(), 5);
        assert_done(qemu_ready(&settings, &err), &err);
        assert_int_equal(times_asked(), 5);
        AUTO_QEMU_ABILITIES struct qemu_abilities abilities = {0};
        assert_done(qemu_probe("./fake", &abilities, &err), &err);
        assert_true(abilities.remembered);
        assert_string_equal(abilities.version, "8.2.0");
        assert_int_equal(abilities.major, 8);
        assert_int_equal(abilities.devices.count, 5);
        // Refused by what is remembered: asked again before that is said.
        settings.nic = "virtio-net-pci";
        assert_false(qemu_ready(&settings, &err));
        assert_int_equal(times_asked(), 10);
        error_clear(&err);
        write_fake("fake", "8.2.0", "virt", "qemu-xhci usb-storage virtio-net-pci", "cortex-a53 max", "tcg");
        assert_done(qemu_ready(&settings, &err), &err);
        assert_int_equal(times_asked(), 15);
}

// The program itself is unchanged, but is now another: a script that starts what changed.
static void test_a_wrapper_is_not_refused_for_what_was(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        struct settings settings = usual;
        settings.qemu = "./wrapper";
        write_script("wrapper", "exec ./fake \"$@\"");
        write_fake("fake", "5.0.0", "virt", "qemu-xhci", "max host", "tcg");
        let_age("wrapper");
        assert_false(qemu_ready(&settings, &err));
        error_clear(&err);
        write_whole_fake("fake");
        assert_done(qemu_ready(&settings, &err), &err);
}

static void test_a_damaged_cache_only_costs_time(void **state)
{
        (void)state;
        struct settings settings = usual;
        settings.qemu = "./fake";
        write_whole_fake("fake");
        let_age("fake");
        assert_true(qemu_ready(&settings, NULL));
        AUTO_FREE char *good = read_text("esxiarm/qemu.json");
        assert_contains(good, "\"8.2.0\"");
        static const char *const edits[] = {
                "s/\"8.2.0\"/7/",      "s/\"8.2.0\"/\"eight\"/", "s/\"devices\"/\"divices\"/",
                "s/\"vmxnet3\"/true/", "s/\"identity\"/\"i\"/",  "s/,/;/",
        };
        for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
                AUTO_ERROR struct error err = {0};
                write_text("good.json", good);
                shell("sed '%s' good.json >esxiarm/qemu.json", edits[i]);
                assert_done(qemu_ready(&settings, &err), &err);
        }
        assert_true(times_asked() >= 5 * 6);
        // And no cache at all.
        shell("rm -r esxiarm; echo >esxiarm");
        assert_true(qemu_ready(&settings, NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_CACHE(test_the_qemu_that_is_installed),
                WITH_CACHE(test_what_is_missing_is_named),
                WITH_CACHE(test_other_ways_to_name_the_machine),
                WITH_CACHE(test_an_accelerator_of_another_host_is_explained),
                WITH_CACHE(test_what_is_no_qemu_is_said_to_be_none),
                WITH_CACHE(test_a_program_that_hangs_is_given_up),
                WITH_CACHE(test_a_program_that_is_missing_or_cannot_run),
                WITH_CACHE(test_it_is_asked_once_and_again_when_it_changed),
                WITH_CACHE(test_a_wrapper_is_not_refused_for_what_was),
                WITH_CACHE(test_a_damaged_cache_only_costs_time),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
