// SPDX-License-Identifier: Apache-2.0
//
// The catalog of known firmware, firmware/catalog.yaml: the location of each package, the key that signs it, and how it
// works with ESXi. docs/firmware.md describes every key.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// All texts belong to the catalog.
struct catalog_entry {
        const char *name;          // "ubuntu-22.04"
        const char *package;       // "qemu-efi-aarch64"
        const char *version;       // NULL for the newest
        const char *archive;       // URL of dists/ and pool/, without a final slash; NULL: by apt, or a mirror
        const char *const *suites; // "jammy-updates"; the latest version in any of them is used
        size_t suite_count;
        const char *const *components; // "main"
        size_t component_count;
        const char *architecture; // whose index is read: the package itself is for all architectures
        const char *const *keys;  // fingerprints, 40 hexadecimal digits each: one of them must have signed
        size_t key_count;
        const char *key_server; // https://...; or NULL
        // Old states of the archive, tried if ARCHIVE does not have the version. They end in a time, YYYYMMDDTHHMMSSZ,
        // as of which Valid-Until is checked.
        const char *const *snapshots;
        size_t snapshot_count;
        const char *esxi; // "ESXi 8.0.3 installs and boots"
        unsigned line;
};

struct catalog {
        const char *default_name; // the entry for a real ESXi
        struct catalog_entry *entries;
        size_t count;
        struct yaml_file *yaml;
};
#define AUTO_CATALOG __attribute__((cleanup(catalog_free)))
void catalog_free(struct catalog *catalog);

// Reads the catalog (base/paths.h). A mistake in it is ERROR_DAMAGED, with the line.
bool catalog_read(struct catalog *catalog, struct error *err);

// The same from PATH.
bool catalog_read_file(const char *path, struct catalog *catalog, struct error *err);

// The entry NAME; NULL if not found.
const struct catalog_entry *catalog_find(const struct catalog *catalog, const char *name);

// NULL-terminated names of all entries, valid as long as CATALOG; the array is freed with free().
const char **catalog_names(const struct catalog *catalog);
