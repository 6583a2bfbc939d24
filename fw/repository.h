// SPDX-License-Identifier: Apache-2.0
//
// A Debian-like archive, followed from its signed InRelease to the package that somebody wants:
//
//      pinned fingerprint -> key -> InRelease (gpgv; suite, Date, Valid-Until) -> SHA-256 and size of the index
//      -> SHA-256 and size of the .deb
//
// What is not so is refused, and there is no way to leave a step out. Source: Debian wiki, DebianRepository/Format;
// apt-secure(8).
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
        const char *folder; // for what is downloaded
        char *keyring;      // in it: holds the pinned keys and no other
        char *keys_from;    // where they were found
};
#define AUTO_REPOSITORY __attribute__((cleanup(repository_close)))

// Finds the pinned keys of ENTRY.
bool repository_open(const struct catalog_entry *entry, const struct firmware_network *network, const char *folder,
                     struct repository *repository, struct error *err);
void repository_close(struct repository *repository);

// A package that the archive vouches for, and the links that lead to it: InRelease, index, .deb.
struct repository_package {
        struct indexed_package package; // its version is NULL where the archive does not have it
        char *url;                      // of the .deb
        struct firmware firmware;       // only its links are filled
};
#define AUTO_REPOSITORY_PACKAGE __attribute__((cleanup(repository_package_free)))
void repository_package_free(struct repository_package *package);

// Looks in the archive at BASE (a URL without a final slash) for the version that the entry names, or the latest in all its
// suites. Where it is not there, FOUND->url is NULL. A snapshot, whose URL ends in its time, is judged by that time.
bool repository_find(const struct repository *repository, const char *base, struct repository_package *found,
                     struct error *err);
