// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"
#include "launcher/machine/setting-list.h"
#include "tests/unit/scratch.h"

#include "launcher/commands/options.h"
#include "launcher/machine/settings.h"

// Everything that no profile gives by default, so that settings_finish is content.
static const struct settings enough = {
        .memory_mb = 1024, .cpus = 2, .disk_size = UINT64_C(40) << 30, .reboot_observe_s = 20, .boot_timeout_s = 60};

static void test_each_setting_comes_from_the_first_that_has_it(void **state)
{
        (void)state;
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

// A command's options are the flag and the environment: cli.h keeps a flag's value over the environment's.
struct values {
        struct settings settings;
};
static const struct cli_option options[] = {
        SETTINGS_MACHINE_OPTIONS(struct values, settings),
        SETTINGS_INSTALL_OPTIONS(struct values, settings),
        {0},
};
static struct settings parsed;

static int run(const void *values, int count, char **operands, struct error *err)
{
        (void)count;
        (void)operands;
        (void)err;
        parsed = ((const struct values *)values)->settings;
        return 0;
}

static const struct cli_command command = {.name = "run",
                                           .operands = "",
                                           .summary = "runs",
                                           .options = options,
                                           .values_size = sizeof(struct values),
                                           .run = run};
static const struct cli_row commands[] = {{NULL, &command}, {0}};
static const struct cli_program program = {"tool", "a tool", "1", commands};

static const struct {
        const char *name, *value;
} variables[] = {
        {"ACCEL", "kvm"},      {"MACHINE_OPTS", "virt"},    {"CPU_MODEL", "neoverse-n1"}, {"RAM_MB", "2048"},
        {"CPUS", "3"},         {"DISK_SIZE", "32G"},        {"DISK_BUS", "nvme"},         {"REBOOT_ACTION", "poweroff"},
        {"BOOT_TIMEOUT", "7"}, {"REBOOT_OBSERVE_SEC", "5"},
};

static void test_a_flag_comes_before_the_environment_and_that_before_the_machine(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
                setenv(variables[i].name, variables[i].value, 1);
        char *arguments[] = {(char *)"tool", (char *)"run",        (char *)"--cpus=1",  (char *)"--disk-bus",
                             (char *)"usb",  (char *)"--qemu-arg", (char *)"-snapshot", NULL};
        int code = cli_main(&program, 7, arguments);
        for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
                unsetenv(variables[i].name);
        assert_int_equal(code, 0);
        const struct settings machine = {
                .accel = "tcg", .cpus = 9, .memory_mb = 9, .disk_size = 9, .boot_timeout_s = 9};
        settings_complete(&parsed, &machine);
        assert_int_equal(parsed.cpus, 1);
        assert_string_equal(parsed.disk_bus, "usb");
        assert_string_equal(parsed.accel, "kvm");
        assert_string_equal(parsed.machine_options, "virt");
        assert_string_equal(parsed.cpu, "neoverse-n1");
        assert_string_equal(parsed.reboot_action, "poweroff");
        assert_int_equal(parsed.memory_mb, 2048);
        assert_true(parsed.disk_size == UINT64_C(32) << 30);
        assert_int_equal(parsed.boot_timeout_s, 7);
        assert_int_equal(parsed.reboot_observe_s, 5);
}

static void test_the_processor_follows_the_accelerator(void **state)
{
        (void)state;
        static const struct {
                const char *accel, *cpu;
        } cases[] = {{"tcg", "max,pauth-impdef=on"}, {"kvm", "host"}, {"hvf", "host"}};
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct settings settings = enough;
                settings.accel = cases[i].accel;
                assert_done(settings_finish(&settings, &err), &err);
                assert_string_equal(settings.cpu, cases[i].cpu);
        }
}

// A machine stores a default like a given value, and the default of one accelerator does not work with another.
static void test_the_usual_processor_of_another_accelerator_is_not_taken_over(void **state)
{
        (void)state;
        static const struct {
                const char *given, *stored, *stored_cpu, *cpu;
        } cases[] = {
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

static void test_a_word_that_is_none_of_the_choices_is_refused(void **state)
{
        (void)state;
        static const struct {
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
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct settings settings = cases[i].settings;
                settings_complete(&settings, &enough);
                assert_false(settings_finish(&settings, &err));
                assert_error(&err, ERROR_USAGE, cases[i].message);
        }
}

static void test_numbers_at_their_limits(void **state)
{
        (void)state;
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

static void test_texts_that_qemu_could_not_be_given_are_refused(void **state)
{
        (void)state;
        const struct {
                struct settings settings;
                const char *message;
        } cases[] = {
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
                {{.qemu_args = {.given = {(char *[]){(char *)"-x", (char *)"\xFF"}, 2}}},
                 "--qemu-arg: '\\xff' is not UTF-8"},
                {{.forwards = {.given = {(char *[]){(char *)"22"}, 1}}}, "forward: '22' is not [ADDR:]HOST:GUEST"},
                {{.nic = "none", .forwards = {.given = {(char *[]){(char *)"2222:22"}, 1}}}, "needs a network card"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct settings settings = cases[i].settings;
                settings_complete(&settings, &enough);
                assert_false(settings_finish(&settings, &err));
                assert_error(&err, ERROR_USAGE, cases[i].message);
        }
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

static void test_a_list_that_is_given_replaces_the_one_that_is_stored(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        json_t *json =
                json_loads("{\"forwards\": [\"2222:22\", \"8443:443\"], \"qemu_args\": [\"-d\", \"unimp\"]}", 0, NULL);
        struct settings stored;
        assert_done(settings_from_json(json, &stored, &err), &err);
        struct settings nothing_given = {0};
        settings_complete(&nothing_given, &stored);
        assert_list(&nothing_given.forwards, NAMES("2222:22", "8443:443"));
        assert_list(&nothing_given.qemu_args, NAMES("-d", "unimp"));
        struct settings given = {.forwards = {.given = {(char *[]){(char *)"1:2"}, 1}}};
        settings_complete(&given, &stored);
        assert_list(&given.forwards, NAMES("1:2"));
        assert_list(&given.qemu_args, NAMES("-d", "unimp"));
        // One empty text is a list without elements.
        struct settings emptied = {.qemu_args = {.given = {(char *[]){(char *)""}, 1}}};
        settings_complete(&emptied, &stored);
        assert_null(settings_list_at(&emptied.qemu_args, 0));
        // Who wants no network is not held up by stored forwards.
        struct settings offline = enough;
        offline.nic = "none";
        settings_complete(&offline, &stored);
        assert_done(settings_finish(&offline, &err), &err);
        assert_null(settings_list_at(&offline.forwards, 0));
        json_decref(json);
}

static void test_settings_survive_their_document(void **state)
{
        (void)state;
        AUTO_ERROR struct error err = {0};
        struct settings settings = enough;
        settings.machine_options = "virt,\"quoted\" \xC3\xBC";
        settings.disk_bus = "nvme";
        settings.nic = "e1000e";
        settings.mac = "52:54:00:AB:cd:ef";
        settings.forwards.given =
                (struct arguments){(char *[]){(char *)"2222:22,8443:443", (char *)"0.0.0.0:80:80"}, 2};
        settings.qemu_args.given = (struct arguments){(char *[]){(char *)"-global", (char *)"x,y z='\xC3\xBC\""}, 2};
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

static void test_what_a_newer_program_wrote_is_passed_over(void **state)
{
        (void)state;
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

static void test_a_setting_of_the_wrong_type_is_damage(void **state)
{
        (void)state;
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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each_setting_comes_from_the_first_that_has_it),
                cmocka_unit_test(test_a_flag_comes_before_the_environment_and_that_before_the_machine),
                cmocka_unit_test(test_the_processor_follows_the_accelerator),
                cmocka_unit_test(test_the_usual_processor_of_another_accelerator_is_not_taken_over),
                cmocka_unit_test(test_a_word_that_is_none_of_the_choices_is_refused),
                cmocka_unit_test(test_numbers_at_their_limits),
                cmocka_unit_test(test_settings_survive_their_document),
                cmocka_unit_test(test_texts_that_qemu_could_not_be_given_are_refused),
                cmocka_unit_test(test_a_list_that_is_given_replaces_the_one_that_is_stored),
                cmocka_unit_test(test_what_a_newer_program_wrote_is_passed_over),
                cmocka_unit_test(test_a_setting_of_the_wrong_type_is_damage),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
