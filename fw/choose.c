// SPDX-License-Identifier: Apache-2.0
#include "fw/choose.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cli.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"
#include "fw/catalog.h"
#include "fw/fetch-apt.h"
#include "fw/fetch-catalog.h"
#include "fw/fetch-system.h"
#include "fw/fetch.h"
#include "fw/given.h"
#include "fw/installed.h"
#include "fw/provenance.h"
#include "fw/workspace.h"

// Adds FAILED to the reasons in ERR. False if no other source should be tried: the user interrupted.
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
                         "no firmware is available:%s\nfetch one with `esxiarm fetch --deb FILE` or `--url URL "
                         "--sha256 HEX`, or set AAVMF_CODE and AAVMF_VARS_TEMPLATE to local files",
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

// A firmware other than the catalog's default, because that one is not available: WHY.
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
        cli_warn("%s, the firmware known to work (%s), is not available: %s", entry->name, entry->esxi, why->message);
        cli_note("using %s instead", firmware->name);
        return true;
}

// The installed firmware that ENTRY names exactly.
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
        // An unexpected state is an error; it does not lead to another firmware.
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
        // Only the network shows which one is the newest.
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
        error_set(err, ERROR_USAGE, "%s, and it is not an entry of the catalog", absent.message);
        return nearest ? error_append(err, "; did you mean '%s'?", nearest) : false;
}
