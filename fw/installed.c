// SPDX-License-Identifier: Apache-2.0
#include "fw/installed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "fw/provenance.h"
#include "fw/workspace.h"

void firmware_list_free(struct firmware_list *list)
{
        for (size_t i = 0; i < list->count; i++) {
                free(list->entries[i].name);
                free(list->entries[i].damage);
                firmware_free(&list->entries[i].firmware);
        }
        free(list->entries);
        *list = (struct firmware_list){0};
}

static void list_add(struct firmware_list *list, const char *root, const char *name)
{
        AUTO_FREE char *folder = file_path(root, name);
        struct stat status;
        if (*name == '.' || stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
                return;
        AUTO_ERROR struct error damage = {0};
        struct firmware_entry entry = {.name = memory_text(name)};
        if (!provenance_read(folder, &entry.firmware, &damage))
                entry.damage = memory_text(damage.message);
        *MEMORY_ADD(list->entries, list->count) = entry;
}

static bool list_root(const char *root, struct firmware_list *list, struct error *err)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        if (!file_exists(root))
                return true;
        if (!folder_names(root, &names, err))
                return false;
        for (size_t i = 0; i < names.count; i++)
                list_add(list, root, names.values[i]);
        return true;
}

bool firmware_list(const char *root, struct firmware_list *list, struct error *err)
{
        *list = (struct firmware_list){0};
        AUTO_FREE char *folder = workspace_root(root, err);
        return folder && list_root(folder, list, err);
}

static void take_entry(struct firmware_entry *entry, struct firmware *firmware)
{
        *firmware = entry->firmware;
        entry->firmware = (struct firmware){0};
}

// Orders two entries by the time they were fetched; damaged ones come first.
static bool is_newer(const struct firmware_entry *a, const struct firmware_entry *b)
{
        if (a->damage || b->damage)
                return !a->damage;
        return strcmp(a->firmware.fetched_at, b->firmware.fetched_at) > 0;
}

// The one fetched last or, if CATALOG is not NULL, fetched last for that entry; NULL if not found.
static struct firmware_entry *newest_of(const struct firmware_list *list, const char *catalog)
{
        struct firmware_entry *newest = NULL;
        for (size_t i = 0; i < list->count; i++) {
                struct firmware_entry *entry = &list->entries[i];
                const char *of = entry->damage ? NULL : entry->firmware.catalog;
                if (catalog && !(of && strcmp(of, catalog) == 0))
                        continue;
                if (!newest || is_newer(entry, newest))
                        newest = entry;
        }
        return newest;
}

static bool find_newest(const char *root, struct firmware *firmware, struct error *err)
{
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        if (!list_root(root, &list, err))
                return false;
        struct firmware_entry *newest = newest_of(&list, NULL);
        if (!newest)
                return error_set(err, ERROR_USAGE, "no firmware is installed in %s; run `esxiarm fetch`", root);
        if (newest->damage)
                return error_set(err, ERROR_DAMAGED, "%s", newest->damage);
        take_entry(newest, firmware);
        return true;
}

static bool find_for_catalog(const char *root, const char *name, struct firmware *firmware)
{
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        AUTO_ERROR struct error ignored = {0};
        struct firmware_entry *newest = list_root(root, &list, &ignored) ? newest_of(&list, name) : NULL;
        if (newest)
                take_entry(newest, firmware);
        return newest != NULL;
}

static bool find_named(const char *root, const char *name, struct firmware *firmware, struct error *err)
{
        AUTO_FREE char *folder = file_path(root, name);
        if (!*name || *name == '.' || strchr(name, '/'))
                return error_set(err, ERROR_USAGE, "'%s' is not a valid firmware name", name);
        if (!file_exists(folder) && find_for_catalog(root, name, firmware))
                return true;
        if (!file_exists(folder))
                return error_set(err, ERROR_USAGE,
                                 "%s: firmware not installed; `esxiarm fetch --list` lists installed firmware", folder);
        if (provenance_read(folder, firmware, err))
                return true;
        if (err)
                err->code = ERROR_DAMAGED;
        return false;
}

bool firmware_find(const char *root, const char *name, bool check, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        AUTO_FREE char *folder = workspace_root(root, err);
        if (!folder || !(name ? find_named(folder, name, firmware, err) : find_newest(folder, firmware, err)))
                return false;
        if (!check || provenance_check(firmware, true, err))
                return true;
        firmware_free(firmware);
        return false;
}

bool firmware_verify(const char *root, const char *name, struct firmware *firmware, struct error *err)
{
        if (!firmware_find(root, name, false, firmware, err))
                return false;
        if (provenance_check(firmware, false, err))
                return true;
        firmware_free(firmware);
        return false;
}
