// SPDX-License-Identifier: Apache-2.0
//
// The index of an archive's packages (Packages, compressed or not): read as a stream, however long it is.
// Source: Debian wiki, DebianRepository/Format, "Packages Indices"; deb-control(5).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

// What an index says of one package.
struct indexed_package {
        char *version;
        char *path;    // of the .deb, below the archive's URL: characters that need no escape there, and no ".."
        uint64_t size; // in bytes
        struct digest sha256;
};
#define AUTO_INDEXED_PACKAGE __attribute__((cleanup(indexed_package_free)))
void indexed_package_free(struct indexed_package *package);

// Looks in the file at PATH for the package NAME, of VERSION or (NULL) the latest one. PACKAGE->version is NULL where it is
// not there. ERROR_DAMAGED where the file is damaged, or what it says of that package cannot be right.
bool package_index_find(const char *path, const char *name, const char *version, struct indexed_package *package,
                        struct error *err);
