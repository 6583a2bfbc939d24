// SPDX-License-Identifier: Apache-2.0
//
// The QEMU that is installed, and small scripts that stand in for others.
#include "base/arguments.h"
#include "tests/unit/scratch.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/time.h"
#include "launcher/vm/accelerator.h"
#include "launcher/vm/qemu-probe.h"
#include "tests/unit/launcher/settings.h"

#define QEMU "qemu-system-aarch64"

// The settings of a test, for the script "fake" by default, and what it can do. The cache is in the scratch folder.
static struct settings settings;
static struct qemu_abilities abilities;
static struct error err;

static int begin(void **state)
{
        settings = usual_settings;
        settings.qemu = "./fake";
        if (scratch_begin(state) != 0)
                return -1;
        return setenv("XDG_CACHE_HOME", *state, 1);
}

static int end(void **state)
{
        qemu_abilities_free(&abilities);
        error_clear(&err);
        return scratch_end(state);
}
#define WITH_CACHE(name) TEST_WITH(name, begin, end)

// An executable script.
static void write_script(const char *path, const char *body)
{
        AUTO_FREE char *script = text_format("#!/bin/sh\n%s\n", body);
        write_text(path, script);
        assert_int_equal(chmod(path, 0755), 0);
}

// What a script that stands in for QEMU has; NULL for the usual.
struct fake {
        const char *version, *machines, *devices, *processors, *accelerators;
};

static const char * or (const char *given, const char *otherwise)
{
        return given ? given : otherwise;
}

// A script "fake" that answers as that QEMU, and notes every question in the file "asked". Started with a bare machine it
// runs the script "tried".
static void write_fake(struct fake fake)
{
        AUTO_FREE char *body = text_format(
                "echo \"$1\" >>asked\n"
                "case $1 in\n"
                "--version) echo 'QEMU emulator version %s (Fake)' ;;\n"
                "-machine) echo 'Supported machines are:'; for i in %s; do echo \"$i   a machine\"; done ;;\n"
                "-device) echo 'USB devices:'; for i in %s; do echo \"name \\\"$i\\\", bus PCI\"; done ;;\n"
                "-cpu) echo 'Available CPUs:'; for i in %s; do echo \"  $i\"; done ;;\n"
                "-accel) echo 'Accelerators supported in QEMU binary:'; for i in %s; do echo \"$i\"; done ;;\n"
                "-no-user-config) . ./tried ;;\n"
                "esac",
                or (fake.version, "8.2.0"), or (fake.machines, "none virt"),
                or (fake.devices, "qemu-xhci usb-storage nvme vmxnet3 e1000e"),
                or (fake.processors, "cortex-a53 cortex-a72 max"), or (fake.accelerators, "tcg"));
        write_script("fake", body);
}

static bool has(const struct arguments *names, const char *name)
{
        for (size_t i = 0; i < names->count; i++) {
                if (strcmp(names->values[i], name) == 0)
                        return true;
        }
        return false;
}

WITH_CACHE(the_installed_qemu_is_probed)
{
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
                settings.nic = nics[i];
                settings.disk_bus = i % 2 ? "nvme" : "usb";
                assert_done(qemu_check(&settings, &abilities, &err), &err);
        }
}

WITH_CACHE(what_qemu_lacks_is_named)
{
        static const struct {
                struct fake fake;
                struct settings settings; // what differs from the usual
                const char *message;
        } cases[] = {
                {{.version = "5.2.0"}, {0}, "is QEMU 5.2.0, but 6.0 or later is needed"},
                {{.machines = "q35 pc"}, {0}, "has no machine 'virt'"},
                {{0}, {.machine_options = "vrit,gic-version=2"}, "has no machine 'vrit'; did you mean 'virt'?"},
                {{0}, {.machine_options = "gic-version=2,type=virt-9"}, "has no machine 'virt-9'"},
                {{.processors = "max cortex-a15"}, {0}, "has no 64-bit Arm processor; use qemu-system-aarch64"},
                {{0}, {.cpu = "cortex-a27,aarch64=on"}, "has no processor 'cortex-a27'; did you mean 'cortex-a72'?"},
                {{.accelerators = "kvm"}, {0}, "has no accelerator 'tcg'"},
                {{.devices = "usb-storage vmxnet3"},
                 {0},
                 "has no device 'qemu-xhci'; install the package with a full QEMU: qemu-system-arm (Debian, Ubuntu)"},
                {{.devices = "qemu-xhci vmxnet3"}, {0}, "has no device 'usb-storage'"},
                {{.devices = "qemu-xhci usb-storage vmxnet3"}, {.disk_bus = "nvme"}, "has no device 'nvme'"},
                {{.devices = "qemu-xhci usb-storage"}, {0}, "has no device 'vmxnet3'"},
                {{0}, {.nic = "e1000x"}, "has no device 'e1000x'; did you mean 'e1000e'?"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                error_clear(&err);
                qemu_abilities_free(&abilities);
                settings = cases[i].settings;
                settings_complete(&settings, &usual_settings);
                write_fake(cases[i].fake);
                assert_done(qemu_probe("./fake", &abilities, &err), &err);
                assert_false(qemu_check(&settings, &abilities, &err));
                assert_error(&err, ERROR_ENVIRONMENT, cases[i].message);
        }
}

WITH_CACHE(machine_options_name_the_machine_in_several_ways)
{
        static const char *const options[] = {"virt", "type=virt", "gic-version=2,type=virt", "virt,gic-version=2"};
        write_fake((struct fake){0});
        assert_done(qemu_probe("./fake", &abilities, &err), &err);
        for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
                settings.machine_options = options[i];
                assert_done(qemu_check(&settings, &abilities, &err), &err);
        }
        settings.machine_options = "gic-version=2";
        assert_false(qemu_check(&settings, &abilities, &err));
        assert_error(&err, ERROR_USAGE, "does not name a machine");
}

// ---- accelerators

static const char *const kinds_of_host[] = {"Linux", "Darwin"};

static bool host_is(const char *system)
{
        struct utsname host;
        assert_int_equal(uname(&host), 0);
        return strcmp(host.sysname, system) == 0 &&
               (strcmp(host.machine, "aarch64") == 0 || strcmp(host.machine, "arm64") == 0);
}

// QEMU has the accelerators of its host; the tests run on many.
WITH_CACHE(an_accelerator_of_another_host_is_explained)
{
        write_fake((struct fake){.processors = "host max"});
        assert_true(qemu_probe("./fake", &abilities, NULL));
        static const struct {
                const char *accel, *message;
        } cases[] = {
                {"kvm", "--accel kvm: KVM runs an arm64 guest only on Linux on an arm64 processor, and this host is "},
                {"hvf", "--accel hvf: HVF runs an arm64 guest only on macOS on an Apple processor, and this host is "},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                error_clear(&err);
                settings.accel = cases[i].accel;
                settings.cpu = "host";
                assert_false(qemu_check(&settings, &abilities, &err));
                if (host_is(kinds_of_host[i]))
                        assert_error(&err, ERROR_ENVIRONMENT, "(QEMU 8.2.0) has no accelerator '");
                else
                        assert_error(&err, ERROR_ENVIRONMENT, cases[i].message);
                assert_contains(err.message, "; --accel tcg runs it on any host");
        }
}

static void write_fake_with_kvm(const char *tried)
{
        write_fake((struct fake){.version = "10.0.2", .accelerators = "kvm tcg"});
        write_text("tried", tried);
        settings.accel = "kvm";
        settings.cpu = "host";
}

WITH_CACHE(kvm_is_tried_with_the_requested_machine)
{
        write_fake_with_kvm("echo \"$*\" >arguments; read -r hello; read -r quit; echo \"$quit\" >quit");
        assert_done(qemu_ready(&settings, &err), &err);
        AUTO_FREE char *arguments = read_text("arguments");
        AUTO_FREE char *quit = read_text("quit");
        assert_string_equal(arguments,
                            "-no-user-config -nodefaults -machine virt,virtualization=off,gic-version=2 -accel kvm "
                            "-cpu host -smp 2 -m 64 -display none -S -qmp stdio\n");
        assert_string_equal(quit, "{\"execute\": \"quit\"}\n");
}

// The same, answered by QEMU: with an accelerator that every host has.
WITH_CACHE(the_installed_qemu_tries_a_machine_and_ends)
{
        settings.qemu = QEMU;
        settings.accel = "tcg";
        settings.cpu = "max";
        assert_done(accelerator_try_kvm(&settings, &err), &err);
        settings.cpu = "cortex-a0";
        assert_false(accelerator_try_kvm(&settings, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "QEMU does not start (QEMU reports: ");
        assert_contains(err.message, "unable to find CPU model 'cortex-a0'");
        error_clear(&err);
        settings.cpu = "max,pauth-impdeff=on";
        assert_false(accelerator_try_kvm(&settings, &err));
        assert_error(&err, ERROR_ENVIRONMENT, ": a property of --cpu does not exist under KVM (QEMU reports: ");
}

// As QEMU 7.2, 10.0 and 11.1 print it.
#define NO_DEVICE "Could not access KVM kernel module: No such file or directory"
#define FAILED    "qemu-system-aarch64: -accel kvm: failed to initialize kvm: "
#define GIC_7     "qemu-system-aarch64: host does not support in-kernel GICv2 emulation"
#define TYPE      "qemu-system-aarch64: KVM is not supported for this guest CPU type"
#define VCPU      "qemu-system-aarch64: kvm_init_vcpu: kvm_arch_init_vcpu failed (0): Invalid argument"

// A script that prints LINE and fails.
#define FAILS(line) "echo '" line "' >&2; exit 1\n"

WITH_CACHE(why_kvm_cannot_run_a_machine_is_explained)
{
        static const struct {
                const char *evidence, *further; // lines that QEMU prints
                const char *reason, *advice;
        } cases[] = {
                {NO_DEVICE, FAILED "No such file or directory", "this host has no /dev/kvm",
                 "; load the kernel's kvm module"},
                {"qemu-system-aarch64: -accel kvm: Could not access KVM kernel module: Permission denied",
                 FAILED "Permission denied", "permission to open /dev/kvm is denied",
                 "; add yourself to the group that owns it (sudo usermod -aG kvm "},
                {"Could not access KVM kernel module: No such device", FAILED "No such device",
                 "/dev/kvm cannot be opened", ""},
                {GIC_7, "", "this host's GICv3 cannot provide gic-version=2 under KVM", ""},
                {"qemu-system-aarch64: KVM does not support GICv2 emulation", "",
                 "this host's GICv3 cannot provide gic-version=2 under KVM", ""},
                {"qemu-system-aarch64: KVM does not support GICv3 emulation", "",
                 "this host's GICv2 cannot provide gic-version=3 under KVM", ""},
                {"qemu-system-aarch64: KVM only supports GICv2 emulation but more than 8 vcpus are requested", "",
                 "QEMU does not start", ""},
                {"qemu-system-aarch64: mach-virt: KVM does not support providing Virtualization extensions to the "
                 "guest CPU",
                 "", "virtualization=on needs nested virtualization, and KVM on this host does not provide it",
                 "; use virtualization=off in --machine-options"},
                {TYPE, VCPU, "KVM provides only the host's own processor model", "; use --cpu host"},
                {VCPU, "", "KVM cannot provide this processor", "; use --cpu host"},
                {"qemu-system-aarch64: can't apply global max-arm-cpu.pauth-impdef=on: Property "
                 "'max-arm-cpu.pauth-impdef' not found",
                 "", "a property of --cpu does not exist under KVM", "; use --cpu host"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                error_clear(&err);
                AUTO_FREE char *tried =
                        text_format("cat >&2 <<'END'\n%s\n%s\nEND\nexit 1\n", cases[i].evidence, cases[i].further);
                write_fake_with_kvm(tried);
                assert_false(qemu_ready(&settings, &err));
                AUTO_FREE char *start = text_format("--accel kvm: KVM on this host cannot run virt,virtualization=off,"
                                                    "gic-version=2 with --cpu host: %s (QEMU reports: %s)%s",
                                                    cases[i].reason, cases[i].evidence, cases[i].advice);
                assert_error(&err, ERROR_ENVIRONMENT, start);
                assert_true(text_ends_with(err.message, "; --accel tcg runs it on any host"));
        }
}

WITH_CACHE(other_failures_of_qemu_under_kvm_are_reported)
{
        static const struct {
                const char *tried, *message;
        } cases[] = {
                {"kill -ABRT $$", "QEMU does not start (QEMU ended with exit code 134); --accel tcg"},
                {"echo 'qemu: warning: slow' >&2; " FAILS("kvm version \033[31mtoo old"),
                 "QEMU does not start (QEMU reports: kvm version \\x1b[31mtoo old); --accel tcg"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                error_clear(&err);
                write_fake_with_kvm(cases[i].tried);
                assert_false(qemu_ready(&settings, &err));
                assert_error(&err, ERROR_ENVIRONMENT, cases[i].message);
        }
}

WITH_CACHE(auto_takes_kvm_if_it_runs_the_machine)
{
        static const struct {
                const char *accelerators, *tried, *given_cpu, *accel, *cpu;
        } cases[] = {
                {"kvm tcg", "exit 0", NULL, "kvm", "host"},
                {"kvm tcg", FAILS(GIC_7), NULL, "tcg", "max,pauth-impdef=on"},
                {"kvm tcg", FAILS(NO_DEVICE), NULL, "tcg", "max,pauth-impdef=on"},
                {"tcg", "exit 0", NULL, "tcg", "max,pauth-impdef=on"},
                {"hvf tcg", "exit 0", NULL, "tcg", "max,pauth-impdef=on"},
                {"kvm tcg", "case $* in *'-cpu cortex-a72 '*) " FAILS(TYPE) "esac", "cortex-a72", "tcg", "cortex-a72"},
                {"kvm tcg", "case $* in *'-cpu max '*) exit 0; esac; exit 1", "max", "kvm", "max"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                error_clear(&err);
                settings.accel = "auto";
                settings.cpu = cases[i].given_cpu;
                write_fake((struct fake){.accelerators = cases[i].accelerators});
                write_text("tried", cases[i].tried);
                assert_done(qemu_choose_accelerator(&settings, &err), &err);
                assert_done(settings_finish(&settings, &err), &err);
                assert_string_equal(settings.accel, cases[i].accel);
                assert_string_equal(settings.cpu, cases[i].cpu);
        }
}

WITH_CACHE(auto_refuses_other_invalid_settings)
{
        settings.accel = "auto";
        settings.disk_bus = "scsi";
        assert_false(qemu_choose_accelerator(&settings, &err));
        assert_error(&err, ERROR_USAGE, "--disk-bus: invalid value 'scsi'");
}

WITH_CACHE(a_program_that_is_not_qemu_is_reported)
{
        static const struct {
                const char *body, *message;
        } cases[] = {
                {"echo hello", "is not QEMU: --version ended with exit code 0 and printed 'hello'"},
                {"exit 0", "is not QEMU: --version ended with exit code 0"},
                {"echo 'cannot do that' >&2; exit 3", "ended with exit code 3 and printed 'cannot do that'"},
                {"kill -SEGV $$", "ended with signal 11"},
                {"head -c 5000 /dev/urandom", "is not QEMU"},
                {"printf 'QEMU emulator version \\000'", "is not QEMU"},
                {"echo 'QEMU emulator version seven'", "is not QEMU"},
                {"echo '\033[31mred'", "printed '\\x1b[31mred'"},
                {"head -c 3000000 /dev/zero", "printed more than"},
                {"echo 'QEMU emulator version 8.2.0'",
                 "does not list its devices: `-device help` ended with exit code 0: QEMU"},
                {"[ $1 = --version ] && echo 'QEMU emulator version 8.2.0'; exit 0", "does not list its accelerators"},
                {"[ $1 = --version ] && echo 'QEMU emulator version 8.2.0' && exit; echo oops >&2; exit 1",
                 "`-accel help` ended with exit code 1: oops"},
                {"[ $1 = -device ] && kill -ABRT $$; echo 'QEMU emulator version 8.2.0'",
                 "does not list its devices: `-device help` ended with exit code 134"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct qemu_abilities none;
                error_clear(&err);
                write_script("fake", cases[i].body);
                assert_false(qemu_probe("./fake", &none, &err));
                assert_error(&err, ERROR_ENVIRONMENT, cases[i].message);
                assert_contains(err.message, "./fake");
                assert_null(none.program);
        }
}

WITH_CACHE(a_program_that_hangs_times_out)
{
        write_script("fake", "sleep 1000");
        assert_false(qemu_ask("./fake", 200, &abilities, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "took longer than");
}

WITH_CACHE(a_program_that_is_missing_or_cannot_run_is_reported)
{
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

WITH_CACHE(qemu_is_asked_once_and_again_after_it_changed)
{
        write_fake((struct fake){0});
        let_age("fake");
        assert_done(qemu_ready(&settings, &err), &err);
        assert_int_equal(times_asked(), 5);
        assert_done(qemu_ready(&settings, &err), &err);
        assert_int_equal(times_asked(), 5);
        assert_done(qemu_probe("./fake", &abilities, &err), &err);
        assert_true(abilities.remembered);
        assert_string_equal(abilities.version, "8.2.0");
        assert_int_equal(abilities.major, 8);
        assert_int_equal(abilities.devices.count, 5);
        // Refused by what is remembered: asked again before that is reported.
        settings.nic = "virtio-net-pci";
        assert_false(qemu_ready(&settings, &err));
        assert_int_equal(times_asked(), 10);
        error_clear(&err);
        write_fake((struct fake){.devices = "qemu-xhci usb-storage virtio-net-pci"});
        assert_done(qemu_ready(&settings, &err), &err);
        assert_int_equal(times_asked(), 15);
}

// The program itself is unchanged: a script that starts another one, which changed.
WITH_CACHE(a_wrapper_around_a_changed_qemu_is_asked_again)
{
        settings.qemu = "./wrapper";
        write_script("wrapper", "exec ./fake \"$@\"");
        write_fake((struct fake){.version = "5.0.0"});
        let_age("wrapper");
        assert_false(qemu_ready(&settings, &err));
        error_clear(&err);
        write_fake((struct fake){0});
        assert_done(qemu_ready(&settings, &err), &err);
}

WITH_CACHE(a_damaged_cache_only_costs_time)
{
        write_fake((struct fake){0});
        let_age("fake");
        assert_true(qemu_ready(&settings, NULL));
        AUTO_FREE char *good = read_text("esxiarm/qemu.json");
        assert_contains(good, "\"8.2.0\"");
        static const char *const edits[] = {
                "s/\"8.2.0\"/7/",      "s/\"8.2.0\"/\"eight\"/", "s/\"devices\"/\"divices\"/",
                "s/\"vmxnet3\"/true/", "s/\"identity\"/\"i\"/",  "s/,/;/",
        };
        for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
                error_clear(&err);
                write_text("good.json", good);
                shell("sed '%s' good.json >esxiarm/qemu.json", edits[i]);
                assert_done(qemu_ready(&settings, &err), &err);
        }
        assert_true(times_asked() >= 5 * 6);
        // Without any cache.
        shell("rm -r esxiarm; echo >esxiarm");
        assert_true(qemu_ready(&settings, NULL));
}
