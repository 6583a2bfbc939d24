// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fw/debian/package-index.h"
#include "fw/fetch-apt.h"
#include "fw/fetch-catalog.h"
#include "fw/fetch.h"
#include "fw/firmware.h"
#include "fw/installed.h"
#include "fw/repository.h"
#include "fw/workspace.h"

struct download_context {
        const struct repository_package *found;
        unsigned attempts;
};

static char *bring_from_archive(const void *given, const struct workspace *workspace, struct error *err)
{
        const struct download_context *context = given;
        const struct indexed_package *package = &context->found->package;
        return fetch_download(workspace, context->found->url, &package->sha256, package->size, context->attempts, err);
}

// Installs from the archive at BASE. If that does not have it, ERR is ERROR_ENVIRONMENT.
static bool fetch_from(const struct repository *repository, const char *base, struct workspace *workspace,
                       struct firmware *firmware, struct error *err)
{
        const struct catalog_entry *entry = repository->entry;
        AUTO_REPOSITORY_PACKAGE struct repository_package found = {0};
        if (!repository_find(repository, base, &found, err))
                return false;
        if (!found.url)
                return error_set(err, ERROR_ENVIRONMENT, "%s: does not have %s %s", base, entry->package,
                                 entry->version ? entry->version : "of any version");
        struct origin origin = origin_archive;
        origin.url = found.url;
        origin.catalog = entry->name;
        origin.links = found.firmware.links;
        origin.link_count = found.firmware.link_count;
        const struct download_context context = {&found, repository->network->attempts};
        const struct fetch fetch = {&found.package.sha256, &origin, bring_from_archive, &context};
        return fetch_in(&fetch, workspace, firmware, err);
}

// The URL without slashes at its end, as apt's lists of sources have them; freed with free().
static char *base_url(const char *url)
{
        size_t length = strlen(url);
        while (length && url[length - 1] == '/')
                length--;
        return text_format("%.*s", (int)length, url);
}

// The archive and, if it does not have the package, its snapshots, one after the other. An unexpected state is an error
// and ends the search.
static bool fetch_from_any(const struct repository *repository, struct workspace *workspace, struct firmware *firmware,
                           struct error *err)
{
        const struct catalog_entry *entry = repository->entry;
        const char *mirror = repository->network->mirror;
        AUTO_TEXT struct text reasons = {0};
        for (size_t i = 0; i <= entry->snapshot_count; i++) {
                AUTO_ERROR struct error failed = {0};
                AUTO_FREE char *base = base_url(i > 0 ? entry->snapshots[i - 1] : mirror ? mirror : entry->archive);
                if (fetch_from(repository, base, workspace, firmware, &failed))
                        return true;
                firmware_free(firmware);
                if (failed.code != ERROR_ENVIRONMENT)
                        return error_set(err, failed.code, "%s", failed.message);
                text_add_format(&reasons, "%s%s", reasons.length ? "; " : "", failed.message);
        }
        return error_set(err, ERROR_ENVIRONMENT, "%s", text_string(&reasons));
}

static bool fetch_by_chain(const struct catalog_entry *entry, const struct firmware_network *network, const char *root,
                           struct firmware *firmware, struct error *err)
{
        AUTO_WORKSPACE struct workspace workspace;
        AUTO_REPOSITORY struct repository repository = {0};
        if (!workspace_open(root, &workspace, err))
                return false;
        return repository_open(entry, network, workspace.folder, &repository, err) &&
               fetch_from_any(&repository, &workspace, firmware, err);
}

// Whether the version that ENTRY pins is installed and unchanged. An installed firmware with the entry's name may have
// another version, from an older catalog.
static bool is_installed(const struct catalog_entry *entry, const char *root, struct firmware *firmware)
{
        AUTO_ERROR struct error ignored = {0};
        if (!entry->version || !firmware_verify(root, entry->name, firmware, &ignored))
                return false;
        if (firmware->version && strcmp(firmware->version, entry->version) == 0)
                return true;
        firmware_free(firmware);
        return false;
}

bool firmware_fetch_catalog(const struct catalog_entry *entry, const struct firmware_network *network,
                            const char *given_root, struct firmware *firmware, struct error *err)
{
        static const struct firmware_network plain = {0};
        *firmware = (struct firmware){0};
        AUTO_FREE char *root = workspace_root(given_root, err);
        if (!root)
                return false;
        if (is_installed(entry, root, firmware)) {
                workspace_tidy(root);
                return true;
        }
        if (!network)
                network = &plain;
        if (!entry->archive && !network->mirror)
                return fetch_catalog_by_apt(entry, root, firmware, err) || error_wrap(err, "%s", entry->name);
        return fetch_by_chain(entry, network, root, firmware, err);
}
