// SPDX-License-Identifier: Apache-2.0
//
// The index of an archive's packages (Packages, compressed or not): read as a stream, of any length. Source: Debian
// wiki, DebianRepository/Format, "Packages Indices"; deb-control(5).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

// One package in an index.
struct indexed_package {
        char *version;
        char *path;    // of the .deb, below the archive's URL: only characters that need no escape, and no ".."
        uint64_t size; // in bytes
        struct digest sha256;
};
#define AUTO_INDEXED_PACKAGE __attribute__((cleanup(indexed_package_free)))
void indexed_package_free(struct indexed_package *package);

// Searches the file at PATH for the package NAME, of VERSION or (NULL) the latest one. PACKAGE->version is NULL if it
// is not found. ERROR_DAMAGED if the file is damaged, or the package's fields are invalid.
bool package_index_find(const char *path, const char *name, const char *version, struct indexed_package *package,
                        struct error *err);
