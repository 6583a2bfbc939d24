// SPDX-License-Identifier: Apache-2.0
#include "fw/fetch-apt.h"

#include "base/memory.h"
#include "base/text.h"
#include "fw/debian/apt.h"
#include "fw/debian/version.h"
#include "fw/fetch.h"
#include "fw/workspace.h"

struct apt_context {
        const char *name;
        const struct apt_package *package;
};

static char *bring_from_apt(const void *context, const struct workspace *workspace, struct error *err)
{
        const struct apt_context *apt = context;
        return apt_download(apt->name, apt->package, workspace->folder, err);
}

static bool fetch_apt_package(const char *name, const struct apt_package *package, const char *catalog,
                              const char *root, struct firmware *firmware, struct error *err)
{
        struct origin origin = origin_apt;
        origin.url = package->url;
        origin.catalog = catalog;
        struct apt_context context = {name, package};
        const struct fetch fetch = {&package->sha256, &origin, bring_from_apt, &context};
        return fetch_run(&fetch, root, firmware, err);
}

bool firmware_fetch_apt(const char *package, const char *root, struct firmware *firmware, struct error *err)
{
        *firmware = (struct firmware){0};
        const char *name = package ? package : FIRMWARE_PACKAGE;
        AUTO_APT_PACKAGE struct apt_package found = {0};
        return apt_find(name, "", &found, err) && fetch_apt_package(name, &found, NULL, root, firmware, err);
}

// The latest version that apt has in one of ENTRY's suites, or the version that ENTRY names.
static bool find_in_suites(const struct catalog_entry *entry, struct apt_package *best, struct error *err)
{
        AUTO_ERROR struct error first = {0};
        for (size_t i = 0; i < entry->suite_count; i++) {
                AUTO_APT_PACKAGE struct apt_package found = {0};
                AUTO_FREE char *selection =
                        entry->version ? text_format("=%s", entry->version) : text_format("/%s", entry->suites[i]);
                AUTO_ERROR struct error failed = {0};
                if (!apt_find(entry->package, selection, &found, &failed)) {
                        if (!first.code)
                                error_set(&first, failed.code, "%s", failed.message);
                        continue;
                }
                if (best->version && deb_version_compare(found.version, best->version) <= 0)
                        continue;
                struct apt_package other = *best;
                *best = found;
                found = other;
        }
        if (best->version)
                return true;
        error_set(err, first.code, "%s", first.message);
        return first.code == ERROR_INTERRUPTED
                       ? false
                       : error_append(
                                 err,
                                 "; if apt does not know that release, use --mirror URL with an archive that has it");
}

bool fetch_catalog_by_apt(const struct catalog_entry *entry, const char *root, struct firmware *firmware,
                          struct error *err)
{
        AUTO_APT_PACKAGE struct apt_package found = {0};
        return find_in_suites(entry, &found, err) &&
               fetch_apt_package(entry->package, &found, entry->name, root, firmware, err);
}
