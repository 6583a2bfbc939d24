// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "verify/disk/disk.h"

enum {
        DOCUMENT_LIMIT = 1 << 20,
        LOOKER_MS = 200, // waited for a program that only checks whether the machine is locked
};

// The texts in machine.json, by object and key.
static const struct member {
        const char *object, *key; // OBJECT is NULL for the document itself
        size_t offset;
} members[] = {
        {NULL, "profile", offsetof(struct machine_identity, profile)},
        {NULL, "installed_at", offsetof(struct machine_identity, installed_at)},
        {NULL, "vars_sha256", offsetof(struct machine_identity, vars_sha256)},
        {"firmware", "name", offsetof(struct machine_identity, firmware.name)},
        {"firmware", "package", offsetof(struct machine_identity, firmware.package)},
        {"firmware", "version", offsetof(struct machine_identity, firmware.version)},
        {"firmware", "source", offsetof(struct machine_identity, firmware.source)},
        {"firmware", "verified", offsetof(struct machine_identity, firmware.verified)},
        {"firmware", "code_path", offsetof(struct machine_identity, firmware.code_path)},
        {"firmware", "code_sha256", offsetof(struct machine_identity, firmware.code_sha256)},
        {"firmware", "template_sha256", offsetof(struct machine_identity, firmware.template_sha256)},
        {"disk", "format", offsetof(struct machine_identity, disk.format)},
        {"disk", "guid", offsetof(struct machine_identity, disk.guid)},
        {"disk", "esp_guid", offsetof(struct machine_identity, disk.esp_guid)},
        {"boot_entry", "label", offsetof(struct machine_identity, entry.label)},
        {"boot_entry", "path", offsetof(struct machine_identity, entry.path)},
};
static const size_t member_count = sizeof members / sizeof members[0];

static const char **slot(const struct machine_identity *identity, const struct member *member)
{
        return (const char **)(uintptr_t)((const char *)identity + member->offset);
}

// The number of Boot####, four hexadecimal digits; 0 if TEXT is not valid.
static uint16_t boot_number(const char *text)
{
        AUTO_BUFFER struct buffer bytes = {0};
        if (!text || strlen(text) != 4 || !text_parse_hex(text, &bytes))
                return 0;
        return (uint16_t)(bytes.data[0] << 8 | bytes.data[1]);
}

static void read_identity(struct machine *machine)
{
        struct machine_identity *identity = &machine->identity;
        *identity = (struct machine_identity){0};
        for (const struct member *member = members; member < members + member_count; member++) {
                const json_t *object =
                        member->object ? json_object_get(machine->document, member->object) : machine->document;
                *slot(identity, member) = json_text(object, member->key);
        }
        const json_t *disk = json_object_get(machine->document, "disk");
        const json_t *entry = json_object_get(machine->document, "boot_entry");
        json_int_t size = json_integer_value(json_object_get(disk, "size"));
        identity->patches = json_object_get(machine->document, "patches");
        identity->rehearsal = json_is_true(json_object_get(machine->document, "rehearsal"));
        identity->disk.size = size > 0 ? (uint64_t)size : 0;
        identity->entry.number = boot_number(json_text(entry, "number"));
        machine->installed = identity->vars_sha256 && identity->firmware.code_sha256 && identity->entry.label;
}

static json_t *object_in(json_t *document, const char *key)
{
        if (!key)
                return document;
        if (!json_object_get(document, key))
                json_object_set_new(document, key, json_object());
        return json_object_get(document, key);
}

static json_t *document_of(const struct settings *settings, const struct machine_identity *identity)
{
        json_t *document = json_object();
        json_object_set_new(document, "schema", json_integer(MACHINE_SCHEMA));
        json_object_set_new(document, "settings", settings_to_json(settings));
        if (!identity)
                return document;
        json_object_set_new(document, "rehearsal", json_boolean(identity->rehearsal));
        if (identity->patches)
                json_object_set(document, "patches", identity->patches);
        for (const struct member *member = members; member < members + member_count; member++) {
                const char *value = *slot(identity, member);
                if (value)
                        json_object_set_new(object_in(document, member->object), member->key, json_string(value));
        }
        AUTO_FREE char *number = text_format("%04X", identity->entry.number);
        json_object_set_new(object_in(document, "boot_entry"), "number", json_string(number));
        json_object_set_new(object_in(document, "disk"), "size", json_integer((json_int_t)identity->disk.size));
        return document;
}

static void keep(struct machine *machine, json_t *json)
{
        if (!machine->documents)
                machine->documents = json_array();
        json_array_append_new(machine->documents, json);
}

const char *machine_keep(struct machine *machine, char *text)
{
        AUTO_FREE char *owned = text;
        json_t *json = json_stringn_nocheck(owned, strlen(owned));
        keep(machine, json);
        return json_string_value(json);
}

static bool read_document(struct machine *machine, struct error *err)
{
        AUTO_BUFFER struct buffer content = {0};
        if (!file_read(machine->json_path, DOCUMENT_LIMIT, &content, err))
                return false;
        json_error_t fault;
        const char *text = content.size ? (const char *)content.data : "";
        json_t *document = json_loadb(text, content.size, 0, &fault);
        if (!document)
                return error_set(err, ERROR_DAMAGED, "%s:%d: %s", machine->json_path, fault.line, fault.text);
        keep(machine, document);
        machine->document = document;
        json_int_t schema = json_integer_value(json_object_get(document, "schema"));
        if (schema != MACHINE_SCHEMA)
                return error_set(err, ERROR_DAMAGED, "%s: schema %lld is not supported; this program supports %d",
                                 machine->json_path, (long long)schema, MACHINE_SCHEMA);
        read_identity(machine);
        return settings_from_json(json_object_get(document, "settings"), &machine->settings, err) ||
               error_wrap(err, "%s", machine->json_path);
}

static void name_files(struct machine *machine)
{
        machine->disk_format = memory_text("qcow2");
        machine->json_path = file_path(machine->folder, "machine.json");
        machine->disk_path = file_path(machine->folder, "disk.qcow2");
        machine->vars_path = file_path(machine->folder, "vars.fd");
        machine->sealed_path = file_path(machine->folder, "vars.sealed.fd");
        machine->profile_path = file_path(machine->folder, "profile.yaml");
        machine->runs_folder = file_path(machine->folder, "runs");
        machine->run_folder = file_path(machine->folder, "run");
}

bool machine_open(const char *folder, bool create, struct machine *machine, struct error *err)
{
        *machine = (struct machine){.lock = -1};
        if (create && !file_make_folder(folder, 0777, err))
                return false;
        machine->folder = realpath(folder, NULL);
        if (!machine->folder)
                return error_system(err, "cannot open the machine %s", folder);
        name_files(machine);
        if (file_exists(machine->json_path)) {
                if (read_document(machine, err))
                        return true;
        } else if (create) {
                return true;
        } else {
                error_set(err, ERROR_USAGE, "%s is not a machine: it has no machine.json (esxiarm install creates one)",
                          folder);
        }
        machine_close(machine);
        return false;
}

// The format of a disk according to its first bytes, freed with free().
static char *find_format(const char *path, struct error *err)
{
        AUTO_DISK struct disk *disk = NULL;
        return disk_open(path, NULL, &disk, err) ? memory_text(disk_format(disk)) : NULL;
}

bool machine_of_files(const char *disk, const char *vars, struct machine *machine, struct error *err)
{
        *machine = (struct machine){.lock = -1, .is_loose = true, .installed = true};
        machine->disk_path = realpath(disk, NULL);
        machine->vars_path = machine->disk_path ? realpath(vars, NULL) : NULL;
        if (!machine->vars_path) {
                error_system(err, "%s", machine->disk_path ? vars : disk);
                machine_close(machine);
                return false;
        }
        AUTO_FREE char *copy = memory_text(machine->disk_path);
        machine->folder = memory_text(dirname(copy));
        machine->runs_folder = file_path(machine->folder, "runs");
        machine->disk_format = find_format(machine->disk_path, err);
        machine->run_folder = machine->disk_format ? file_temporary_folder(err) : NULL;
        if (machine->run_folder)
                return true;
        machine_close(machine);
        return false;
}

bool machine_use_vars(struct machine *machine, const char *path, struct error *err)
{
        AUTO_FREE char *copy = memory_text(path);
        AUTO_FREE char *folder = realpath(dirname(copy), NULL);
        if (!folder)
                return error_system(err, "%s: cannot open its folder", path);
        const char *slash = strrchr(path, '/');
        free(machine->vars_path);
        machine->vars_path = file_path(folder, slash ? slash + 1 : path);
        return true;
}

// The absolute path of FOLDER, which need not exist; freed with free().
static char *absolute(const char *folder, struct error *err)
{
        AUTO_FREE char *real = realpath(folder, NULL);
        if (real)
                return MEMORY_TAKE(real);
        AUTO_FREE char *here = realpath(".", NULL);
        if (!here) {
                error_system(err, "cannot determine the current folder");
                return NULL;
        }
        char *path = *folder == '/' ? memory_text(folder) : file_path(here, folder);
        for (size_t length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
                path[length - 1] = '\0';
        return path;
}

bool machine_look(const char *folder, struct machine *machine, struct error *err)
{
        AUTO_FREE char *json_path = file_path(folder, "machine.json");
        if (file_exists(json_path))
                return machine_open(folder, false, machine, err);
        *machine = (struct machine){.lock = -1};
        machine->folder = absolute(folder, err);
        if (!machine->folder)
                return false;
        name_files(machine);
        return true;
}

// The process ID that the owner wrote into the lock; 0 if none.
static uint64_t read_owner(int fd)
{
        char owner[16] = "";
        ssize_t length = pread(fd, owner, sizeof owner - 1, 0);
        uint64_t pid;
        owner[length > 0 ? length : 0] = '\0';
        owner[strcspn(owner, "\n")] = '\0';
        return text_parse_number(owner, &pid) ? pid : 0;
}

static bool refuse_lock(int fd, const struct machine *machine, struct error *err)
{
        uint64_t pid = read_owner(fd);
        error_set(err, ERROR_ENVIRONMENT, "%s is in use by another esxiarm", machine->folder);
        if (pid)
                error_append(err, " (process %" PRIu64 ")", pid);
        return false;
}

bool machine_lock(struct machine *machine, struct error *err)
{
        if (!file_make_folder(machine->run_folder, 0700, err))
                return false;
        AUTO_FREE char *path = file_path(machine->run_folder, "lock");
        AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return error_system(err, "%s: cannot open", path);
        if (!descriptor_lock(fd, LOOKER_MS))
                return errno == EWOULDBLOCK ? refuse_lock(fd, machine, err)
                                            : interrupt_check(err) && error_system(err, "%s: cannot lock", path);
        machine->died_owner = read_owner(fd);
        AUTO_FREE char *owner = text_format("%ld\n", (long)getpid());
        if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, strlen(owner), 0) < 0)
                return error_system(err, "%s: cannot write", path);
        machine->lock = DESCRIPTOR_TAKE(fd);
        // Another program may have installed or replaced the machine before it was locked.
        return machine->is_loose || !file_exists(machine->json_path) || read_document(machine, err);
}

bool machine_is_held(const struct machine *machine, uint64_t *owner)
{
        AUTO_FREE char *path = file_path(machine->run_folder, "lock");
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        *owner = fd >= 0 ? read_owner(fd) : 0;
        return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool machine_save(struct machine *machine, const struct settings *settings, const struct machine_identity *identity,
                  struct error *err)
{
        json_t *document = document_of(settings, identity);
        bool written = json_write(machine->json_path, 0666, document, 2, err);
        json_decref(document);
        return written && read_document(machine, err);
}

// An owner recorded in an unlocked lock file has died.
void machine_unlock(struct machine *machine)
{
        if (machine->lock < 0)
                return;
        int ignored = ftruncate(machine->lock, 0);
        (void)ignored;
        close(machine->lock);
        machine->lock = -1;
}

const char *machine_name(const struct machine *machine)
{
        const char *name = strrchr(machine->folder, '/');
        return name && name[1] ? name + 1 : "esxiarm";
}

void machine_close(struct machine *machine)
{
        machine_unlock(machine);
        if (machine->is_loose && machine->run_folder)
                file_remove_tree(machine->run_folder, NULL);
        free(machine->folder);
        free(machine->disk_format);
        free(machine->json_path);
        free(machine->disk_path);
        free(machine->vars_path);
        free(machine->sealed_path);
        free(machine->profile_path);
        free(machine->runs_folder);
        free(machine->run_folder);
        json_decref(machine->documents);
        *machine = (struct machine){.lock = -1};
}
