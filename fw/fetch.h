// SPDX-License-Identifier: Apache-2.0
//
// How a .deb becomes an installed firmware, whatever its source: shared by the firmware_fetch_... functions.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/error.h"
#include "fw/firmware.h"
#include "fw/workspace.h"

// Where something comes from and how that is verified. Of two origins of the same .deb, the more trusted one is kept.
struct origin {
        const char *source;
        int trust; // higher: better verified
        const char *verified;
        const char *url;     // or NULL
        const char *catalog; // the name of the entry that asked for it; NULL if none did
        const struct firmware_link *links;
        size_t link_count;
};

extern const struct origin origin_apt, origin_archive, origin_url, origin_deb, origin_system;

// Makes ORIGIN that of FIRMWARE.
void origin_set(struct firmware *firmware, const struct origin *origin);

// A folder name made of PREFIX, PACKAGE and VERSION; freed with free().
char *fetch_folder_name(const char *prefix, const char *package, const char *version);

// Brings a .deb into WORKSPACE's folder. Returns its path, freed with free(), or NULL.
typedef char *fetch_bring(const void *context, const struct workspace *workspace, struct error *err);

// What to fetch.
struct fetch {
        const struct digest *digest; // of the .deb
        const struct origin *origin;
        fetch_bring *bring; // called if it is not installed
        const void *context;
};

// Installs it in ROOT (NULL: the default), unless it is installed and unchanged.
bool fetch_run(const struct fetch *fetch, const char *root, struct firmware *firmware, struct error *err);

// The same in an open workspace.
bool fetch_in(const struct fetch *fetch, struct workspace *workspace, struct firmware *firmware, struct error *err);

// Downloads the .deb with this digest into WORKSPACE; an incomplete download is kept in WORKSPACE's root for the next
// time. SIZE is 0 if not known, ATTEMPTS 0 for the default. Returns the path, freed with free(), or NULL.
char *fetch_download(const struct workspace *workspace, const char *url, const struct digest *digest, uint64_t size,
                     unsigned attempts, struct error *err);
