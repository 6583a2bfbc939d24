// SPDX-License-Identifier: Apache-2.0
//
// A Debian-like archive, followed from its signed InRelease to a package:
//
//      pinned fingerprint -> key -> InRelease (gpgv; suite, Date, Valid-Until) -> SHA-256 and size of the index
//      -> SHA-256 and size of the .deb
//
// Any mismatch is refused, and no step can be skipped. Source: Debian wiki, DebianRepository/Format; apt-secure(8).
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/catalog.h"
#include "fw/debian/package-index.h"
#include "fw/firmware.h"
#include "fw/net/network.h"

struct repository {
        const struct catalog_entry *entry;
        const struct firmware_network *network;
        const char *folder; // for downloads
        char *keyring;      // in it: with only the pinned keys
        char *keys_from;    // where they were found
};
#define AUTO_REPOSITORY __attribute__((cleanup(repository_close)))

// Finds the pinned keys of ENTRY.
bool repository_open(const struct catalog_entry *entry, const struct firmware_network *network, const char *folder,
                     struct repository *repository, struct error *err);
void repository_close(struct repository *repository);

// A verified package of the archive, and the links that lead to it: InRelease, index, .deb.
struct repository_package {
        struct indexed_package package; // its version is NULL if the archive does not have it
        char *url;                      // of the .deb
        struct firmware firmware;       // only its links are filled
};
#define AUTO_REPOSITORY_PACKAGE __attribute__((cleanup(repository_package_free)))
void repository_package_free(struct repository_package *package);

// Searches the archive at BASE (a URL without a final slash) for the version that the entry names, or the latest in all
// its suites. If it is not found, FOUND->url is NULL. A snapshot, whose URL ends in its time, is checked as of that
// time.
bool repository_find(const struct repository *repository, const char *base, struct repository_package *found,
                     struct error *err);
