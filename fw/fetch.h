// SPDX-License-Identifier: Apache-2.0
//
// How a .deb becomes an installed firmware, whatever brings it: what firmware_fetch_... (fw/firmware.h) are made of.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/error.h"
#include "fw/firmware.h"
#include "fw/workspace.h"

// Where something comes from and how that is vouched for. The better provenance of the same .deb is the one kept.
struct origin {
        const char *source;
        int trust; // the higher, the better the .deb is vouched for
        const char *verified;
        const char *url;     // NULL where there is none
        const char *catalog; // the name of the entry that asked for it; NULL where none did
        const struct firmware_link *links;
        size_t link_count;
};

extern const struct origin origin_apt, origin_archive, origin_url, origin_deb, origin_system;

// Makes ORIGIN that of FIRMWARE.
void origin_set(struct firmware *firmware, const struct origin *origin);

// A folder's name of PREFIX, PACKAGE and VERSION; freed with free().
char *fetch_folder_name(const char *prefix, const char *package, const char *version);

// How a .deb gets into WORKSPACE's folder: gives its path, freed with free(), or NULL.
typedef char *fetch_bring(const void *context, const struct workspace *workspace, struct error *err);

// What there is to fetch.
struct fetch {
        const struct digest *digest; // of the .deb
        const struct origin *origin;
        fetch_bring *bring; // called where it is not installed
        const void *context;
};

// Installs it in ROOT (NULL: the default), unless it is installed and as it was.
bool fetch_run(const struct fetch *fetch, const char *root, struct firmware *firmware, struct error *err);

// The same in a workspace that is open.
bool fetch_in(const struct fetch *fetch, struct workspace *workspace, struct firmware *firmware, struct error *err);

// The .deb of this digest, downloaded into WORKSPACE; a part of it is kept in WORKSPACE's root for the next time. SIZE is 0
// where it is not known, ATTEMPTS 0 for the default. The path, freed with free(), or NULL.
char *fetch_download(const struct workspace *workspace, const char *url, const struct digest *digest, uint64_t size,
                     unsigned attempts, struct error *err);
