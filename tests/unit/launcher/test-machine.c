// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/scratch.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "launcher/machine/machine.h"
#include "tests/unit/launcher/settings.h"

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

// The machine of a test.
static struct machine machine;
static struct error err;

static int begin(void **state)
{
        machine = (struct machine){.lock = -1};
        return scratch_begin(state);
}

static int finish(void **state)
{
        machine_close(&machine);
        error_clear(&err);
        return scratch_end(state);
}
#define WITH_MACHINE(name) TEST_WITH(name, begin, finish)

static void open_again(void)
{
        machine_close(&machine);
        assert_done(machine_open("m", false, &machine, &err), &err);
}

// The installed machine "m".
static void make_machine(void)
{
        assert_done(machine_open("m", true, &machine, &err), &err);
        assert_done(machine_save(&machine, &usual_settings, &identity, &err), &err);
        open_again();
}

static void refuse(const char *folder, bool create, enum error_code code, const char *message)
{
        AUTO_ERROR struct error why = {0};
        struct machine refused;
        assert_false(machine_open(folder, create, &refused, &why));
        assert_error(&why, code, message);
        assert_null(refused.folder);
        assert_int_equal(refused.lock, -1);
        machine_close(&refused);
}

WITH_MACHINE(a_new_machine_is_an_empty_folder)
{
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

WITH_MACHINE(a_saved_machine_is_read_back)
{
        assert_done(machine_open("m", true, &machine, &err), &err);
        assert_done(machine_save(&machine, &usual_settings, &identity, &err), &err);
        assert_identity(&machine.identity);
        assert_true(machine.installed);
        open_again();
        assert_identity(&machine.identity);
        assert_true(machine.installed);
        assert_int_equal(machine.settings.cpus, 2);
        assert_string_equal(machine.settings.disk_bus, "usb");
        assert_true(machine.settings.disk_size == usual_settings.disk_size);
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

WITH_MACHINE(a_machine_can_save_what_it_has_read)
{
        make_machine();
        for (unsigned i = 0; i < 3; i++)
                assert_done(machine_save(&machine, &machine.settings, &machine.identity, &err), &err);
        assert_identity(&machine.identity);
        assert_int_equal(machine.settings.memory_mb, 64);
}

WITH_MACHINE(a_machine_that_is_being_installed_has_only_settings)
{
        make_machine();
        assert_true(machine.installed);
        assert_done(machine_save(&machine, &usual_settings, NULL, &err), &err);
        assert_false(machine.installed);
        assert_null(machine.identity.vars_sha256);
        assert_int_equal(machine.settings.cpus, 2);
}

TEST_IN_SCRATCH(other_folders_and_files_are_refused)
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
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
                refuse(cases[i].folder, cases[i].create, cases[i].code, cases[i].folder);
        shell("test ! -e missing");
}

TEST_IN_SCRATCH(a_damaged_document_is_reported_with_its_line)
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
                {"{\"schema\": 1, \"settings\": {\"cpus\": \"4\"}}",
                 "m/machine.json: \"cpus\" in \"settings\" is not a whole number above 0"},
        };
        shell("mkdir m");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                write_text("m/machine.json", cases[i].content);
                refuse("m", false, ERROR_DAMAGED, cases[i].message);
                refuse("m", true, ERROR_DAMAGED, cases[i].message);
        }
}

WITH_MACHINE(a_document_cut_at_any_byte_is_refused)
{
        make_machine();
        AUTO_BUFFER struct buffer whole = {0};
        read_whole("m/machine.json", &whole);
        for (size_t size = 0; size + 2 < whole.size; size++) {
                unlink("m/machine.json"); // some file systems wait for the disk when a file is cut off and written anew
                write_bytes("m/machine.json", (struct bytes){whole.data, size});
                refuse("m", false, ERROR_DAMAGED, "machine.json");
        }
}

WITH_MACHINE(a_document_with_wrong_types_is_not_an_installed_machine)
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
                write_text("m/machine.json", documents[i]);
                open_again();
                assert_false(machine.installed);
                assert_null(machine.identity.profile);
                assert_null(machine.identity.disk.format);
                assert_int_equal(machine.identity.disk.size, 0);
                assert_int_equal(machine.identity.entry.number, 0);
        }
}

WITH_MACHINE(looking_at_a_machine_does_not_create_it)
{
        AUTO_FREE char *folder = file_path(*state, "nowhere/new, one");
        assert_done(machine_look("nowhere/new, one//", &machine, &err), &err);
        assert_string_equal(machine.folder, folder);
        assert_true(text_starts_with(machine.disk_path, folder));
        assert_false(machine.installed);
        assert_false(file_exists("nowhere"));
        machine_close(&machine);
        make_machine();
        machine_close(&machine);
        assert_done(machine_look("m", &machine, &err), &err);
        assert_true(machine.installed);
        // A text that is kept lives as long as the machine.
        const char *kept = machine_keep(&machine, memory_text("kept \xFF"));
        assert_string_equal(kept, "kept \xFF");
}

TEST_IN_SCRATCH(a_document_that_is_too_long_is_refused)
{
        shell("mkdir m; head -c 2000000 /dev/zero | tr '\\000' ' ' >m/machine.json");
        refuse("m", false, ERROR_DAMAGED, "machine.json");
}

// The exit code of a second process that tries to lock the machine; its message goes to the file "message".
static int lock_elsewhere(void)
{
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                struct machine second;
                alarm(20);
                if (!machine_open("m", false, &second, &err))
                        _exit(99);
                if (machine_lock(&second, &err))
                        _exit(0);
                write_text("message", err.message);
                _exit((int)err.code);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

WITH_MACHINE(a_second_process_is_refused_with_the_owner_s_id)
{
        make_machine();
        assert_int_equal(lock_elsewhere(), 0);
        assert_done(machine_lock(&machine, &err), &err);
        assert_identity(&machine.identity);
        assert_int_equal(lock_elsewhere(), ERROR_ENVIRONMENT);
        AUTO_FREE char *message = read_text("message");
        AUTO_FREE char *owner = text_format("is in use by another esxiarm (process %ld)", (long)getpid());
        assert_contains(message, owner);
        machine_close(&machine);
        assert_int_equal(lock_elsewhere(), 0);
}

WITH_MACHINE(a_second_opening_in_this_process_is_refused_too)
{
        AUTO_ERROR struct error refused = {0};
        AUTO_MACHINE struct machine other;
        make_machine();
        assert_done(machine_open("m", false, &other, &err), &err);
        assert_done(machine_lock(&machine, &err), &err);
        assert_false(machine_lock(&other, &refused));
        assert_error(&refused, ERROR_ENVIRONMENT, "in use");
        assert_int_equal(other.lock, -1);
}

WITH_MACHINE(the_folder_of_the_sockets_is_private)
{
        struct stat status;
        make_machine();
        assert_done(machine_lock(&machine, &err), &err);
        assert_int_equal(stat("m/run", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        assert_int_equal(stat("m/run/lock", &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
}

WITH_MACHINE(a_link_in_place_of_the_lock_is_not_followed)
{
        make_machine();
        shell("mkdir m/run; printf precious >precious; ln -s ../../precious m/run/lock");
        assert_false(machine_lock(&machine, &err));
        assert_error(&err, ERROR_ENVIRONMENT, "lock");
        AUTO_FREE char *content = read_text("precious");
        assert_string_equal(content, "precious");
}

WITH_MACHINE(locking_reads_the_document_again)
{
        make_machine();
        machine_close(&machine);
        shell("mv m/machine.json kept");
        assert_done(machine_open("m", true, &machine, &err), &err);
        shell("mv kept m/machine.json");
        assert_done(machine_lock(&machine, &err), &err);
        assert_true(machine.installed);
        open_again();
        write_text("m/machine.json", "{");
        assert_false(machine_lock(&machine, &err));
        assert_error(&err, ERROR_DAMAGED, "machine.json:1");
}
