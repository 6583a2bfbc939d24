// SPDX-License-Identifier: Apache-2.0
#include "fw/firmware.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"
#include "fw/fetch.h"
#include "fw/provenance.h"
#include "fw/workspace.h"

void firmware_free(struct firmware *firmware)
{
        char *const owned[] = {
                firmware->name,        firmware->folder,     firmware->code_path,        firmware->vars_template_path,
                firmware->package,     firmware->catalog,    firmware->version,          firmware->architecture,
                firmware->source,      firmware->url,        firmware->deb_sha256,       firmware->verified,
                firmware->code_sha256, firmware->fetched_at, firmware->replaced_because, firmware->vars_template_sha256,
        };
        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
                free(owned[i]);
        for (size_t i = 0; i < firmware->file_count; i++) {
                free(firmware->files[i].name);
                free(firmware->files[i].sha256);
        }
        free(firmware->files);
        provenance_drop_links(firmware);
        *firmware = (struct firmware){0};
}

// ---- what is installed

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
        list->entries = memory_resize(list->entries, list->count + 1, sizeof *list->entries);
        list->entries[list->count++] = entry;
}

static int compare_entries(const void *a, const void *b)
{
        return strcmp(((const struct firmware_entry *)a)->name, ((const struct firmware_entry *)b)->name);
}

static bool list_root(const char *root, struct firmware_list *list, struct error *err)
{
        DIR *stream = opendir(root);
        if (!stream)
                return errno == ENOENT || error_system(err, "%s: cannot open", root);
        for (const struct dirent *entry; (entry = readdir(stream));)
                list_add(list, root, entry->d_name);
        closedir(stream);
        if (list->count)
                qsort(list->entries, list->count, sizeof *list->entries, compare_entries);
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

// Of two entries the one that was fetched later; one that is damaged comes before everything.
static bool is_newer(const struct firmware_entry *a, const struct firmware_entry *b)
{
        if (a->damage || b->damage)
                return !a->damage;
        return strcmp(a->firmware.fetched_at, b->firmware.fetched_at) > 0;
}

// The one fetched last, and where CATALOG is not NULL the last one for that entry; NULL where there is none.
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
                return error_set(err, ERROR_USAGE, "no firmware is installed in %s; `esxiarm fetch` gets one", root);
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
                return error_set(err, ERROR_USAGE, "'%s' cannot be the name of an installed firmware", name);
        if (!file_exists(folder) && find_for_catalog(root, name, firmware))
                return true;
        if (!file_exists(folder))
                return error_set(err, ERROR_USAGE,
                                 "%s: no such firmware is installed; `esxiarm fetch --list` shows all", folder);
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

// ---- from where there is one

// Adds FAILED to the reasons in ERR. False where there is no point in trying another source: the user wants to stop.
static bool note_failure(const char *source, struct error *failed, struct text *reasons, struct error *err)
{
        if (failed->code == ERROR_INTERRUPTED)
                return error_set(err, ERROR_INTERRUPTED, "%s", failed->message);
        text_add_format(reasons, "\n  %s: %s", source, failed->message);
        error_clear(failed);
        return true;
}

static bool none_worked(const struct text *reasons, struct error *err)
{
        return error_set(err, ERROR_ENVIRONMENT,
                         "no firmware could be had:%s\n`esxiarm fetch --deb FILE` or `--url URL --sha256 HEX` gets one "
                         "from elsewhere, and AAVMF_CODE with AAVMF_VARS_TEMPLATE names files that are here",
                         text_string(reasons));
}

static bool fetch_any(const char *root, struct text *reasons, struct firmware *firmware, struct error *err)
{
        AUTO_ERROR struct error failed = {0};
        if (firmware_fetch_apt(NULL, root, firmware, &failed))
                return true;
        if (!note_failure("apt", &failed, reasons, err))
                return false;
        if (firmware_from_system(root, firmware, &failed))
                return true;
        return note_failure("system", &failed, reasons, err) && none_worked(reasons, err);
}

bool firmware_default(struct firmware *firmware, struct error *err)
{
        AUTO_TEXT struct text reasons = {0};
        AUTO_ERROR struct error failed = {0};
        if (firmware_find(NULL, NULL, true, firmware, &failed))
                return true;
        return note_failure("installed", &failed, &reasons, err) && fetch_any(NULL, &reasons, firmware, err);
}

// Another firmware than the catalog's default, because that one cannot be had: WHY.
static bool take_another(const struct catalog_entry *entry, const struct error *why, const char *root,
                         struct firmware *firmware, struct error *err)
{
        AUTO_TEXT struct text reasons = {0};
        AUTO_ERROR struct error failed = {0};
        if (!firmware_find(root, NULL, true, firmware, &failed)) {
                text_add_format(&reasons, "\n  %s: %s", entry->name, why->message);
                if (!note_failure("installed", &failed, &reasons, err) || !fetch_any(root, &reasons, firmware, err))
                        return false;
        }
        cli_warn("%s is the firmware that is known to work (%s), and it cannot be had now: %s", entry->name,
                 entry->esxi, why->message);
        cli_note("another one is used instead: %s", firmware->name);
        return true;
}

// An installed firmware that is the very one that ENTRY names.
static bool find_of_entry(const struct catalog_entry *entry, const char *root, bool check, struct firmware *firmware)
{
        AUTO_ERROR struct error ignored = {0};
        if (!firmware_find(root, entry->name, check, firmware, &ignored))
                return false;
        if (!entry->version || (firmware->version && strcmp(firmware->version, entry->version) == 0))
                return true;
        firmware_free(firmware);
        return false;
}

bool firmware_for_esxi(const struct firmware_network *network, const char *root, struct firmware *firmware,
                       struct error *err)
{
        AUTO_CATALOG struct catalog catalog = {0};
        if (!catalog_read(&catalog, err))
                return false;
        const struct catalog_entry *entry = catalog_find(&catalog, catalog.default_name);
        AUTO_ERROR struct error failed = {0};
        if (find_of_entry(entry, root, true, firmware))
                return true;
        if (firmware_fetch_catalog(entry, network, root, firmware, &failed))
                return true;
        // What is not as it should be is told, and not passed over for something else.
        if (failed.code != ERROR_ENVIRONMENT)
                return error_set(err, failed.code, "%s: %s", entry->name, failed.message);
        return take_another(entry, &failed, root, firmware, err);
}

char *firmware_code_for_esxi(const char *root, struct error *err)
{
        AUTO_CATALOG struct catalog catalog = {0};
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (!catalog_read(&catalog, err))
                return NULL;
        const struct catalog_entry *entry = catalog_find(&catalog, catalog.default_name);
        if (find_of_entry(entry, root, false, &firmware))
                return memory_text(firmware.code_path);
        // Which one is the newest, only the network knows.
        if (!entry->version)
                return firmware_find(root, NULL, false, &firmware, err) ? memory_text(firmware.code_path) : NULL;
        AUTO_FREE char *folder = workspace_root(root, err);
        AUTO_FREE char *name = fetch_folder_name("", entry->package, entry->version);
        return folder ? text_format("%s/%s/" FIRMWARE_CODE, folder, name) : NULL;
}

static bool is_folder(const char *path)
{
        struct stat status;
        return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool firmware_named(const char *name, bool may_fetch, struct firmware *firmware, struct error *err)
{
        AUTO_CATALOG struct catalog catalog = {0};
        AUTO_ERROR struct error absent = {0};
        *firmware = (struct firmware){0};
        if (strchr(name, '/') || is_folder(name))
                return firmware_from_folder(name, firmware, err);
        if (firmware_find(NULL, name, true, firmware, &absent))
                return true;
        if (absent.code != ERROR_USAGE || !may_fetch)
                return error_set(err, absent.code, "%s", absent.message);
        if (!catalog_read(&catalog, err))
                return false;
        const struct catalog_entry *entry = catalog_find(&catalog, name);
        if (entry)
                return firmware_fetch_catalog(entry, NULL, NULL, firmware, err);
        AUTO_FREE const char **names = catalog_names(&catalog);
        const char *nearest = spelling_nearest(name, names);
        error_set(err, ERROR_USAGE, "%s, and the catalog has no such entry", absent.message);
        return nearest ? error_append(err, "; did you mean '%s'?", nearest) : false;
}
