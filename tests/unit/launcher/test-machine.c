// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "launcher/machine/machine.h"

static const struct settings settings = {
        .accel = "tcg",
        .machine_options = "virt,virtualization=off,gic-version=2",
        .cpu = "max",
        .disk_bus = "nvme",
        .reboot_action = "enter",
        .qemu = "qemu-system-aarch64",
        .memory_mb = 8192,
        .cpus = 4,
        .disk_size = UINT64_C(40) << 30,
        .reboot_observe_s = 180,
        .boot_timeout_s = 1800,
};

static const struct machine_identity identity = {
        .profile = "esxi8",
        .rehearsal = true,
        .installed_at = "2026-05-04T09:07:12Z",
        .firmware = {.name = "jammy",
                     .package = "qemu-efi-aarch64",
                     .version = "2022.02-3ubuntu0.22.04.5",
                     .source = "https://example.invalid/a.deb",
                     .verified = "InRelease",
                     .code_path = "/folder with \"quotes\"/\xC3\xBC.fd",
                     .code_sha256 = "aa",
                     .template_sha256 = "bb"},
        .disk = {.format = "qcow2", .guid = "11", .esp_guid = "22", .size = UINT64_C(40) << 30},
        .entry = {.label = "VMware ESXi", .path = "HD(1)/\\EFI\\VMware\\safeboot64.efi", .number = 0x00A4},
        .vars_sha256 = "cc",
};

static void assert_identity(const struct machine_identity *actual)
{
        assert_string_equal(actual->profile, identity.profile);
        assert_int_equal(actual->rehearsal, identity.rehearsal);
        assert_string_equal(actual->installed_at, identity.installed_at);
        assert_string_equal(actual->firmware.name, identity.firmware.name);
        assert_string_equal(actual->firmware.package, identity.firmware.package);
        assert_string_equal(actual->firmware.version, identity.firmware.version);
        assert_string_equal(actual->firmware.source, identity.firmware.source);
        assert_string_equal(actual->firmware.verified, identity.firmware.verified);
        assert_string_equal(actual->firmware.code_path, identity.firmware.code_path);
        assert_string_equal(actual->firmware.code_sha256, identity.firmware.code_sha256);
        assert_string_equal(actual->firmware.template_sha256, identity.firmware.template_sha256);
        assert_string_equal(actual->disk.format, identity.disk.format);
        assert_string_equal(actual->disk.guid, identity.disk.guid);
        assert_string_equal(actual->disk.esp_guid, identity.disk.esp_guid);
        assert_true(actual->disk.size == identity.disk.size);
        assert_string_equal(actual->entry.label, identity.entry.label);
        assert_string_equal(actual->entry.path, identity.entry.path);
        assert_int_equal(actual->entry.number, identity.entry.number);
        assert_string_equal(actual->vars_sha256, identity.vars_sha256);
}

static void make_machine(const char *folder)
{
        AUTO_ERROR struct error err = {0};
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open(folder, true, &machine, &err), &err);
        assert_done(machine_save(&machine, &settings, &identity, &err), &err);
}

TEST_IN_SCRATCH(a_new_machine_is_an_empty_folder)
{
        AUTO_ERROR struct error err = {0};
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open("vms/one", true, &machine, &err), &err);
        AUTO_FREE char *folder = file_path(*state, "vms/one");
        AUTO_FREE char *real = realpath(folder, NULL);
        assert_string_equal(machine.folder, real);
        assert_false(machine.installed);
        assert_null(machine.document);
        assert_null(machine.identity.profile);
        assert_int_equal(machine.settings.cpus, 0);
        assert_true(text_ends_with(machine.disk_path, "/vms/one/disk.qcow2"));
        assert_true(text_ends_with(machine.vars_path, "/vms/one/vars.fd"));
        assert_true(text_ends_with(machine.sealed_path, "/vms/one/vars.sealed.fd"));
        shell("test -d vms/one; test -z \"$(ls -A vms/one)\"");
}

TEST_IN_SCRATCH(what_is_saved_is_read_back)
{
        AUTO_ERROR struct error err = {0};
        AUTO_MACHINE struct machine machine;
        AUTO_MACHINE struct machine again;
        assert_done(machine_open("m", true, &machine, &err), &err);
        assert_done(machine_save(&machine, &settings, &identity, &err), &err);
        assert_identity(&machine.identity);
        assert_true(machine.installed);
        assert_done(machine_open("m", false, &again, &err), &err);
        assert_identity(&again.identity);
        assert_true(again.installed);
        assert_int_equal(again.settings.cpus, 4);
        assert_string_equal(again.settings.disk_bus, "nvme");
        assert_true(again.settings.disk_size == settings.disk_size);
        // As docs and scripts know it, by another reader of JSON.
        json_t *json = json_load_file("m/machine.json", 0, NULL);
        const char *number = NULL;
        const char *path = NULL;
        int schema = 0;
        assert_int_equal(json_unpack(json, "{s:i, s:{s:s}, s:{s:s}}", "schema", &schema, "boot_entry", "number",
                                     &number, "firmware", "code_path", &path),
                         0);
        assert_int_equal(schema, 1);
        assert_string_equal(number, "00A4");
        assert_string_equal(path, identity.firmware.code_path);
        json_decref(json);
}

TEST_IN_SCRATCH(a_machine_saves_what_it_has_itself_read)
{
        AUTO_ERROR struct error err = {0};
        make_machine("m");
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open("m", false, &machine, &err), &err);
        for (unsigned i = 0; i < 3; i++)
                assert_done(machine_save(&machine, &machine.settings, &machine.identity, &err), &err);
        assert_identity(&machine.identity);
        assert_int_equal(machine.settings.memory_mb, 8192);
}

TEST_IN_SCRATCH(a_machine_that_is_being_installed_has_settings_only)
{
        AUTO_ERROR struct error err = {0};
        make_machine("m");
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open("m", true, &machine, &err), &err);
        assert_true(machine.installed);
        assert_done(machine_save(&machine, &settings, NULL, &err), &err);
        assert_false(machine.installed);
        assert_null(machine.identity.vars_sha256);
        assert_int_equal(machine.settings.cpus, 4);
}

TEST_IN_SCRATCH(what_is_no_machine)
{
        static const struct {
                const char *folder;
                bool create;
                enum error_code code;
        } cases[] = {
                {"missing", false, ERROR_USAGE},   {"empty", false, ERROR_USAGE},       {"file", false, ERROR_USAGE},
                {"file", true, ERROR_ENVIRONMENT}, {"file/m", true, ERROR_ENVIRONMENT}, {"", false, ERROR_USAGE},
        };
        shell("mkdir empty; printf x >file");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                AUTO_ERROR struct error err = {0};
                struct machine machine;
                assert_false(machine_open(cases[i].folder, cases[i].create, &machine, &err));
                assert_error(&err, cases[i].code, cases[i].folder);
                assert_int_equal(machine.lock, -1);
                machine_close(&machine);
        }
        shell("test ! -e missing");
}

TEST_IN_SCRATCH(a_damaged_document_names_its_line)
{
        static const struct {
                const char *content, *message;
        } cases[] = {
                {"", "machine.json:1: "},
                {"{\n\"schema\": 1,\n}", "machine.json:3: "},
                {"{\n\"schema\": 1,\n\"x\": \"\xFF\"\n}", "machine.json:3: "},
                {"{\"schema\": 1}\nmore", "machine.json:2: "},
                {"not json", "machine.json:1: "},
                {"{\"schema\": 99999999999999999999}", "machine.json:1: "},
                {"[]", "schema 0 is not supported"},
                {"{}", "schema 0 is not supported"},
                {"{\"schema\": \"1\"}", "schema 0 is not supported"},
                {"{\"schema\": 1.0}", "schema 0 is not supported"},
                {"{\"schema\": -1}", "schema -1 is not supported; this program supports 1"},
                {"{\"schema\": 2}", "schema 2 is not supported; this program supports 1"},
        };
        shell("mkdir m");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                for (int create = 0; create < 2; create++) {
                        AUTO_ERROR struct error err = {0};
                        struct machine machine;
                        write_text("m/machine.json", cases[i].content);
                        assert_false(machine_open("m", create, &machine, &err));
                        assert_error(&err, ERROR_DAMAGED, cases[i].message);
                        assert_null(machine.folder);
                }
        }
}

// Whatever is cut off, it is refused or understood, and never crashes.
TEST_IN_SCRATCH(a_document_cut_at_every_byte)
{
        make_machine("m");
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("m/machine.json", &whole);
        for (size_t size = 0; size + 2 < whole.size; size++) {
                AUTO_ERROR struct error err = {0};
                struct machine machine;
                unlink("m/machine.json"); // some file systems wait for the disk when a file is cut off and written anew
                write_bytes("m/machine.json", (struct bytes){whole.data, size});
                assert_false(machine_open("m", false, &machine, &err));
                assert_error(&err, ERROR_DAMAGED, "machine.json");
        }
}

TEST_IN_SCRATCH(a_document_of_the_wrong_types_is_no_installed_machine)
{
        static const char *const documents[] = {
                "{\"schema\": 1}",
                "{\"schema\": 1, \"settings\": {\"unknown\": 5}, \"firmware\": [], \"disk\": \"x\", \"boot_entry\": "
                "null, "
                "\"vars_sha256\": {}}",
                "{\"schema\": 1, \"vars_sha256\": \"cc\", \"firmware\": {\"code_sha256\": 1}, \"boot_entry\": "
                "{\"label\": []}}",
                "{\"schema\": 1, \"disk\": {\"size\": -1, \"format\": 7}, \"boot_entry\": {\"number\": \"ZZ\"}, "
                "\"profile\": 3}",
                "{\"schema\": 1, \"disk\": {\"size\": \"40G\"}, \"boot_entry\": {\"number\": \"10004\"}}",
                "{\"schema\": 1, \"disk\": {\"size\": 1.5}, \"boot_entry\": {\"number\": \"4 or so\"}}",
                "{\"schema\": 1, \"disk\": {\"size\": 0}, \"boot_entry\": {\"number\": \"-1\"}}",
                "{\"schema\": 1, \"disk\": {}, \"boot_entry\": {\"number\": 4}}",
        };
        shell("mkdir m");
        for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
                AUTO_ERROR struct error err = {0};
                AUTO_MACHINE struct machine machine;
                write_text("m/machine.json", documents[i]);
                assert_done(machine_open("m", false, &machine, &err), &err);
                assert_false(machine.installed);
                assert_null(machine.identity.profile);
                assert_null(machine.identity.disk.format);
                assert_int_equal(machine.identity.disk.size, 0);
                assert_int_equal(machine.identity.entry.number, 0);
        }
}

TEST_IN_SCRATCH(settings_of_the_wrong_type_are_damage)
{
        AUTO_ERROR struct error err = {0};
        struct machine machine;
        shell("mkdir m; echo '{\"schema\": 1, \"settings\": {\"cpus\": \"4\"}}' >m/machine.json");
        assert_false(machine_open("m", false, &machine, &err));
        assert_error(&err, ERROR_DAMAGED, "m/machine.json: \"cpus\" in \"settings\" is not a whole number above 0");
}

TEST_IN_SCRATCH(a_machine_that_is_only_looked_at_is_not_made)
{
        AUTO_ERROR struct error err = {0};
        AUTO_MACHINE struct machine machine;
        AUTO_FREE char *folder = file_path(*state, "nowhere/new, one");
        assert_done(machine_look("nowhere/new, one//", &machine, &err), &err);
        assert_string_equal(machine.folder, folder);
        assert_true(text_starts_with(machine.disk_path, folder));
        assert_false(machine.installed);
        assert_false(file_exists("nowhere"));
        AUTO_MACHINE struct machine known;
        make_machine("m");
        assert_done(machine_look("m", &known, &err), &err);
        assert_true(known.installed);
        // A text that is kept is there as long as the machine.
        const char *kept = machine_keep(&known, memory_text("kept \xFF"));
        assert_string_equal(kept, "kept \xFF");
}

TEST_IN_SCRATCH(a_document_without_an_end_is_not_read)
{
        AUTO_ERROR struct error err = {0};
        struct machine machine;
        shell("mkdir m; head -c 2000000 /dev/zero | tr '\\000' ' ' >m/machine.json");
        assert_false(machine_open("m", false, &machine, &err));
        assert_error(&err, ERROR_DAMAGED, "machine.json");
}

// What a second process says when it tries to lock the machine: its exit code; its message goes to the file "message".
static int lock_elsewhere(void)
{
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                AUTO_ERROR struct error err = {0};
                struct machine machine;
                alarm(20);
                if (!machine_open("m", false, &machine, &err))
                        _exit(99);
                if (machine_lock(&machine, &err))
                        _exit(0);
                write_text("message", err.message);
                _exit((int)err.code);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

TEST_IN_SCRATCH(a_second_process_is_refused_and_told_whose_the_machine_is)
{
        AUTO_ERROR struct error err = {0};
        make_machine("m");
        struct machine machine;
        assert_done(machine_open("m", false, &machine, &err), &err);
        assert_int_equal(lock_elsewhere(), 0);
        assert_done(machine_lock(&machine, &err), &err);
        assert_identity(&machine.identity);
        assert_int_equal(lock_elsewhere(), ERROR_ENVIRONMENT);
        AUTO_BUFFER struct buffer message = {0};
        read_whole("message", &message);
        buffer_add_u8(&message, 0);
        AUTO_FREE char *owner = text_format("is in use by another esxiarm (process %ld)", (long)getpid());
        assert_contains((const char *)message.data, owner);
        machine_close(&machine);
        assert_int_equal(lock_elsewhere(), 0);
}

TEST_IN_SCRATCH(a_second_opening_in_this_process_is_refused_too)
{
        AUTO_ERROR struct error err = {0};
        AUTO_ERROR struct error refused = {0};
        make_machine("m");
        AUTO_MACHINE struct machine one;
        AUTO_MACHINE struct machine other;
        assert_done(machine_open("m", false, &one, &err) && machine_open("m", false, &other, &err), &err);
        assert_done(machine_lock(&one, &err), &err);
        assert_false(machine_lock(&other, &refused));
        assert_error(&refused, ERROR_ENVIRONMENT, "in use");
        assert_int_equal(other.lock, -1);
}

TEST_IN_SCRATCH(the_lock_of_a_killed_program_is_free)
{
        AUTO_ERROR struct error err = {0};
        int ready[2];
        char sign;
        int status;
        make_machine("m");
        assert_int_equal(pipe(ready), 0);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                struct machine machine;
                alarm(20);
                if (machine_open("m", false, &machine, NULL) && machine_lock(&machine, NULL) &&
                    write(ready[1], "", 1) == 1)
                        pause();
                _exit(1);
        }
        assert_int_equal(read(ready[0], &sign, 1), 1);
        close(ready[0]);
        close(ready[1]);
        assert_int_equal(lock_elsewhere(), ERROR_ENVIRONMENT);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open("m", false, &machine, &err) && machine_lock(&machine, &err), &err);
}

TEST_IN_SCRATCH(the_folder_of_the_sockets_is_private)
{
        AUTO_ERROR struct error err = {0};
        struct stat status;
        make_machine("m");
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open("m", false, &machine, &err) && machine_lock(&machine, &err), &err);
        assert_int_equal(stat("m/run", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        assert_int_equal(stat("m/run/lock", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
}

TEST_IN_SCRATCH(a_link_in_the_place_of_the_lock_is_not_followed)
{
        AUTO_ERROR struct error err = {0};
        make_machine("m");
        shell("mkdir m/run; printf precious >precious; ln -s ../../precious m/run/lock");
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open("m", false, &machine, &err), &err);
        assert_false(machine_lock(&machine, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "lock");
        AUTO_BUFFER struct buffer content = {0};
        read_whole("precious", &content);
        assert_int_equal(content.size, 8);
}

TEST_IN_SCRATCH(what_changed_before_the_lock_is_read_anew)
{
        AUTO_ERROR struct error err = {0};
        AUTO_MACHINE struct machine machine;
        assert_done(machine_open("m", true, &machine, &err), &err);
        make_machine("m");
        assert_done(machine_lock(&machine, &err), &err);
        assert_true(machine.installed);
        AUTO_ERROR struct error damaged = {0};
        AUTO_MACHINE struct machine other;
        machine_close(&machine);
        assert_done(machine_open("m", false, &other, &err), &err);
        write_text("m/machine.json", "{");
        assert_false(machine_lock(&other, &damaged));
        assert_error(&damaged, ERROR_DAMAGED, "machine.json:1");
}
