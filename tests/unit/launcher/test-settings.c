// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "launcher/machine/setting-list.h"
#include "tests/unit/scratch.h"

#include "launcher/commands/options.h"
#include "launcher/machine/settings.h"

// What settings_finish needs besides its defaults.
static const struct settings enough = {
        .memory_mb = 1024, .cpus = 2, .disk_size = UINT64_C(40) << 30, .reboot_observe_s = 20, .boot_timeout_s = 60};

TEST(each_setting_comes_from_the_first_source_that_has_it)
{
        AUTO_ERROR struct error err = {0};
        struct settings settings = {.cpus = 8, .cpu = "host"};
        const struct settings machine = {.cpus = 6, .memory_mb = 4096, .disk_bus = "nvme", .cpu = "cortex-a72"};
        const struct settings profile = {.cpus = 4,
                                         .memory_mb = 8192,
                                         .disk_size = UINT64_C(40) << 30,
                                         .reboot_observe_s = 180,
                                         .boot_timeout_s = 1800};
        settings_complete(&settings, &machine);
        settings_complete(&settings, &profile);
        assert_done(settings_finish(&settings, &err), &err);
        assert_int_equal(settings.cpus, 8);         // flag
        assert_string_equal(settings.cpu, "host");  // flag
        assert_int_equal(settings.memory_mb, 4096); // machine
        assert_string_equal(settings.disk_bus, "nvme");
        assert_int_equal(settings.boot_timeout_s, 1800); // profile
        assert_int_equal(settings.reboot_observe_s, 180);
        assert_true(settings.disk_size == UINT64_C(40) << 30);
        assert_string_equal(settings.accel, "tcg"); // default
        assert_string_equal(settings.machine_options, "virt,virtualization=off,gic-version=2");
        assert_string_equal(settings.reboot_action, "enter");
        assert_string_equal(settings.nic, "vmxnet3");
        assert_string_equal(settings.mac, "52:54:00:12:34:56");
        assert_null(settings_list_at(&settings.forwards, 0));
        assert_null(settings_list_at(&settings.qemu_args, 0));
        assert_string_equal(settings.qemu, "qemu-system-aarch64");
}

// A machine stores a default like a given value, and the default of one accelerator does not work with another.
TEST(the_default_processor_follows_the_accelerator)
{
        static const struct {
                const char *given, *stored, *stored_cpu, *cpu;
        } cases[] = {
                {"tcg", NULL, NULL, "max,pauth-impdef=on"},
                {"kvm", NULL, NULL, "host"},
                {"hvf", NULL, NULL, "host"},
                {"kvm", "tcg", "max,pauth-impdef=on", "host"},
                {"tcg", "kvm", "host", "max,pauth-impdef=on"},
                {"tcg", "tcg", "max,pauth-impdef=on", "max,pauth-impdef=on"},
                {NULL, "kvm", "host", "host"},
                {"kvm", "tcg", "cortex-a72", "cortex-a72"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct settings settings = {.accel = cases[i].given};
                const struct settings machine = {.accel = cases[i].stored, .cpu = cases[i].stored_cpu};
                settings_complete(&settings, &machine);
                settings_complete(&settings, &enough);
                assert_done(settings_finish(&settings, &err), &err);
                assert_string_equal(settings.cpu, cases[i].cpu);
        }
}

// The arguments of an option that may be repeated.
#define LIST(...)                                                                                                      \
        ((struct settings_list){.given = {(char **)(const char *[]){__VA_ARGS__},                                      \
                                          sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)}})

TEST(invalid_settings_are_refused)
{
        const struct {
                struct settings settings;
                const char *message;
        } cases[] = {
                {{.accel = "xen"}, "--accel: invalid value 'xen' (expected tcg, kvm, hvf or auto)"},
                {{.accel = ""}, "--accel: invalid value '' (expected"},
                {{.accel = "TCG"}, "--accel: invalid value 'TCG'"},
                {{.accel = "kvm\033[31m"}, "--accel: invalid value 'kvm\\x1b[31m'"},
                {{.disk_bus = "scsi"}, "--disk-bus: invalid value 'scsi' (expected usb or nvme)"},
                {{.disk_bus = "usb,drive=x"}, "--disk-bus"},
                {{.reboot_action = "reboot"}, "--reboot-action: invalid value 'reboot' (expected enter or poweroff)"},
                {{.accel = "kmv"}, "(expected tcg, kvm, hvf or auto); did you mean 'kvm'?"},
                {{.disk_bus = "nvm"}, "did you mean 'nvme'?"},
                {{.reboot_action = "power-off"}, "did you mean 'poweroff'?"},
                {{.nic = ""}, "nic: '' is not the name of a device"},
                {{.nic = "vmxnet3,romfile=x"}, "nic: 'vmxnet3,romfile=x' is not the name of a device"},
                {{.nic = "vm xnet3"}, "nic"},
                {{.mac = ""}, "mac: '' is not a network card address"},
                {{.mac = "52:54:00:12:34"}, "mac"},
                {{.mac = "52:54:00:12:34:56:78"}, "mac"},
                {{.mac = "52-54-00-12-34-56"}, "mac"},
                {{.mac = "52:54:00:12:34:5g"}, "mac"},
                {{.mac = "5:254:00:12:34:56"}, "mac"},
                {{.mac = "01:54:00:12:34:56"}, "the first byte must be even"},
                {{.cpu = ""}, "cpu: '' is empty"},
                {{.qemu = ""}, "qemu: '' is empty"},
                {{.machine_options = ""}, "--machine-options: '' is empty"},
                {{.cpu = "max\xFF"}, "cpu: 'max\\xff' is not UTF-8"},
                {{.qemu_args = LIST("-x", "\xFF")}, "--qemu-arg: '\\xff' is not UTF-8"},
                {{.forwards = LIST("22")}, "forward: '22' is not [ADDR:]HOST:GUEST"},
                {{.nic = "none", .forwards = LIST("2222:22")}, "needs a network card"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct settings settings = cases[i].settings;
                settings_complete(&settings, &enough);
                assert_false(settings_finish(&settings, &err));
                assert_error(&err, ERROR_USAGE, cases[i].message);
        }
}

TEST(numbers_have_limits)
{
        static const struct {
                size_t offset;
                const char *name;
                uint64_t most;
        } cases[] = {
                {offsetof(struct settings, memory_mb), "--memory: ", UINT64_C(1) << 30},
                {offsetof(struct settings, cpus), "--cpus: ", 512},
                {offsetof(struct settings, disk_size), "--disk-size: ", UINT64_C(1) << 62},
                {offsetof(struct settings, reboot_observe_s), "--reboot-observe: ", 1000000},
                {offsetof(struct settings, boot_timeout_s), "--boot-timeout: ", 1000000},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                const uint64_t wrong[] = {0, cases[i].most + 1, UINT64_MAX};
                for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
                        AUTO_ERROR struct error err = {0};
                        struct settings settings = enough;
                        memcpy((char *)&settings + cases[i].offset, &wrong[j], sizeof wrong[j]);
                        assert_false(settings_finish(&settings, &err));
                        assert_error(&err, ERROR_USAGE, cases[i].name);
                }
                AUTO_ERROR struct error err = {0};
                struct settings settings = enough;
                memcpy((char *)&settings + cases[i].offset, &cases[i].most, sizeof cases[i].most);
                assert_done(settings_finish(&settings, &err), &err);
        }
}

static void assert_same_settings(const struct settings *a, const struct settings *b)
{
        json_t *one = settings_to_json(a);
        json_t *other = settings_to_json(b);
        assert_true(json_equal(one, other));
        json_decref(one);
        json_decref(other);
}

static void assert_list(const struct settings_list *list, const char *const *expected)
{
        size_t i = 0;
        for (; expected[i]; i++) {
                assert_non_null(settings_list_at(list, i));
                assert_string_equal(settings_list_at(list, i), expected[i]);
        }
        assert_null(settings_list_at(list, i));
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

TEST(a_given_list_replaces_the_stored_one)
{
        AUTO_ERROR struct error err = {0};
        json_t *json =
                json_loads("{\"forwards\": [\"2222:22\", \"8443:443\"], \"qemu_args\": [\"-d\", \"unimp\"]}", 0, NULL);
        struct settings stored;
        assert_done(settings_from_json(json, &stored, &err), &err);
        struct settings nothing_given = {0};
        settings_complete(&nothing_given, &stored);
        assert_list(&nothing_given.forwards, NAMES("2222:22", "8443:443"));
        assert_list(&nothing_given.qemu_args, NAMES("-d", "unimp"));
        struct settings given = {.forwards = LIST("1:2")};
        settings_complete(&given, &stored);
        assert_list(&given.forwards, NAMES("1:2"));
        assert_list(&given.qemu_args, NAMES("-d", "unimp"));
        // One empty text is a list without elements.
        struct settings emptied = {.qemu_args = LIST("")};
        settings_complete(&emptied, &stored);
        assert_null(settings_list_at(&emptied.qemu_args, 0));
        // Stored forwards do not prevent a machine without a network.
        struct settings offline = enough;
        offline.nic = "none";
        settings_complete(&offline, &stored);
        assert_done(settings_finish(&offline, &err), &err);
        assert_null(settings_list_at(&offline.forwards, 0));
        json_decref(json);
}

TEST(settings_survive_their_document)
{
        AUTO_ERROR struct error err = {0};
        struct settings settings = {
                .machine_options = "virt,\"quoted\" \xC3\xBC",
                .disk_bus = "nvme",
                .nic = "e1000e",
                .mac = "52:54:00:AB:cd:ef",
                .forwards = LIST("2222:22,8443:443", "0.0.0.0:80:80"),
                .qemu_args = LIST("-global", "x,y z='\xC3\xBC\""),
        };
        settings_complete(&settings, &enough);
        assert_done(settings_finish(&settings, &err), &err);
        json_t *json = settings_to_json(&settings);
        AUTO_FREE char *text = json_dumps(json, 0);
        json_decref(json);
        json_t *read = json_loads(text, 0, NULL);
        struct settings back;
        assert_done(settings_from_json(read, &back, &err), &err);
        assert_same_settings(&settings, &back);
        assert_string_equal(back.machine_options, settings.machine_options);
        assert_int_equal(back.cpus, 2);
        assert_string_equal(back.nic, "e1000e");
        assert_string_equal(back.mac, "52:54:00:AB:cd:ef");
        assert_list(&back.forwards, NAMES("2222:22,8443:443", "0.0.0.0:80:80"));
        assert_list(&back.qemu_args, NAMES("-global", "x,y z='\xC3\xBC\""));
        assert_true(back.disk_size == settings.disk_size);
        json_decref(read);
}

TEST(settings_of_a_newer_program_are_ignored)
{
        AUTO_ERROR struct error err = {0};
        struct settings settings;
        json_t *json = json_loads("{\"unknown\": {\"x\": 1}, \"cpus\": 3}", 0, NULL);
        assert_done(settings_from_json(json, &settings, &err), &err);
        assert_int_equal(settings.cpus, 3);
        json_decref(json);
        const struct settings none = {0};
        assert_done(settings_from_json(NULL, &settings, &err), &err);
        assert_same_settings(&settings, &none);
}

TEST(a_setting_of_the_wrong_type_is_an_error)
{
        static const struct {
                const char *document, *message;
        } cases[] = {
                {"[]", "\"settings\" is not an object"},
                {"7", "\"settings\" is not an object"},
                {"{\"cpus\": \"4\"}", "\"cpus\" in \"settings\" is not a whole number above 0"},
                {"{\"cpus\": 0}", "cpus"},
                {"{\"cpus\": -4}", "cpus"},
                {"{\"memory_mb\": true}", "memory_mb"},
                {"{\"disk_size\": 1.5}", "disk_size"},
                {"{\"accel\": 5}", "\"accel\" in \"settings\" is not a text"},
                {"{\"cpu\": null}", "cpu"},
                {"{\"disk_bus\": {\"x\": 1}}", "disk_bus"},
                {"{\"forwards\": \"2222:22\"}", "\"forwards\" in \"settings\" is not a list of texts"},
                {"{\"forwards\": [\"2222:22\", 7]}", "forwards"},
                {"{\"qemu_args\": [null]}", "qemu_args"},
                {"{\"qemu_args\": {}}", "qemu_args"},
        };
        const struct settings none = {0};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct settings settings;
                json_t *json = json_loads(cases[i].document, JSON_DECODE_ANY, NULL);
                assert_non_null(json);
                assert_false(settings_from_json(json, &settings, &err));
                assert_error(&err, ERROR_DAMAGED, cases[i].message);
                assert_same_settings(&settings, &none);
                json_decref(json);
        }
}
