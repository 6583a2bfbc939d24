// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars export: the variables of a store for other programs, as JSON or as a folder like efivarfs.
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/commands/commands.h"
#include "varstore/interchange.h"
#include "varstore/store-file.h"

enum {
        FOLDER_MODE = 0755
};

struct values {
        const char *json_file, *efivarfs;
        bool force;
};

static const struct cli_option OPTIONS[] = {
        {"json-file", "OUT", CLI_TEXT, offsetof(struct values, json_file),
         "write JSON for virt-fw-vars and QEMU's uefi-vars", NULL},
        {"efivarfs", "DIR", CLI_TEXT, offsetof(struct values, efivarfs),
         "create a folder like /sys/firmware/efi/efivars, for efibootmgr", NULL},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "replace an existing FILE or DIR", NULL},
        {0},
};

static bool export_json(const struct varstore *store, const char *path, struct error *err)
{
        json_t *json = interchange_json(store);
        bool written = json_write(path, STORE_FILE_MODE, json, 4, err);
        json_decref(json);
        return written;
}

// Whether all files in the folder PATH are variables, so that nothing else is lost.
static bool holds_only_variables(const char *path, const struct arguments *names, struct error *err)
{
        for (size_t i = 0; i < names->count; i++) {
                const char *name = names->values[i];
                size_t length;
                if (interchange_file_name(name, &length, NULL))
                        continue;
                AUTO_FREE char *shown = text_printable(name, strlen(name), false);
                return error_set(err, ERROR_USAGE, "%s: contains '%s', which is not a variable; not replaced", path,
                                 shown);
        }
        return true;
}

static bool may_replace_folder(const char *path, bool force, struct error *err)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        struct stat status;
        if (stat(path, &status) != 0)
                return true;
        if (!S_ISDIR(status.st_mode))
                return error_set(err, ERROR_USAGE, "%s: exists and is not a folder", path);
        if (!folder_names(path, &names, err) || !holds_only_variables(path, &names, err))
                return false;
        return force || !names.count ||
               error_set(err, ERROR_USAGE, "%s: is not empty; use --force to replace it", path);
}

// The folder is filled under a temporary name, then renamed, so that it is never incomplete.
static bool put_in_place(const char *partial, const char *path, struct error *err)
{
        if (file_exists(path) && !file_remove_tree(path, err))
                return false;
        return rename(partial, path) == 0 || error_system(err, "%s: cannot put in place", path);
}

static bool export_folder(const struct varstore *store, const char *path, struct error *err)
{
        const char *slash = strrchr(path, '/');
        int folder_length = slash ? (int)(slash + 1 - path) : 0;
        AUTO_FREE char *partial = text_format("%.*s.%s.partial", folder_length, path, path + folder_length);
        if (!file_remove_tree(partial, err) || !file_make_folder(partial, FOLDER_MODE, err))
                return false;
        if (interchange_write_folder(store, partial, err) && put_in_place(partial, path, err))
                return true;
        file_remove_tree(partial, NULL);
        return false;
}

static char *without_slashes(const char *path)
{
        char *copy = memory_text(path);
        for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/'; length--)
                copy[length - 1] = 0;
        return copy;
}

static bool export_to_folder(const struct values *values, const struct varstore *store, struct error *err)
{
        AUTO_FREE char *path = without_slashes(values->efivarfs);
        return may_replace_folder(path, values->force, err) && export_folder(store, path, err);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        AUTO_VARSTORE struct varstore *store = NULL;
        if (!values->json_file == !values->efivarfs)
                error_set(err, ERROR_USAGE, "give either --json-file or --efivarfs");
        else if (!store_load_sound(operands[0], &store, err))
                return (int)err->code;
        else if (values->efivarfs)
                export_to_folder(values, store, err);
        else if (store_may_write(operands[0], values->json_file, values->force, err))
                export_json(store, values->json_file, err);
        return (int)err->code;
}

const struct cli_command cmd_export = {
        .name = "export",
        .operands = "FILE",
        .summary = "Writes the variables of a store for other programs, as JSON or as a folder like efivarfs.",
        .details = "The JSON is that of virt-fw-vars and QEMU's uefi-vars device, with time stamps. Read the folder\n"
                   "with `EFIVARFS_PATH=DIR/ efibootmgr -v`.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
