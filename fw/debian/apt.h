// SPDX-License-Identifier: Apache-2.0
//
// Packages from the user's own apt, which knows the mirrors, holds the archive's keys and has checked the index's
// signature. Asked with apt-get(8) and apt-cache(8); works without root.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

// What apt's index says of a package that it would download.
struct apt_package {
        char *url;       // where apt would fetch it from
        char *file_name; // "qemu-efi-aarch64_2022.11-6+deb12u2_all.deb"
        char *version;   // "2022.11-6+deb12u2", an epoch included
        uint64_t size;   // in bytes
        struct digest sha256;
};
#define AUTO_APT_PACKAGE __attribute__((cleanup(apt_package_free)))
void apt_package_free(struct apt_package *package);

// Asks apt for the version of NAME that it would install, or for the one that SELECTION says: "/bookworm" for the release's,
// "=1.0-2" for that version, "" for none. ERROR_USAGE where NAME is no package name; ERROR_ENVIRONMENT,
// with what to do, where there is no apt, the package lists are empty or old, or the package is not in them.
bool apt_find(const char *name, const char *selection, struct apt_package *package, struct error *err);

// Has apt download exactly PACKAGE into FOLDER and checks its digest against the index's. The path of the .deb,
// freed with free(); NULL on failure.
char *apt_download(const char *name, const struct apt_package *package, const char *folder, struct error *err);

// Reads the line that `apt-get --print-uris download` prints: 'URL' FILE-NAME SIZE HASH-KIND:HEX. Everything but the
// digest is filled; where the hash is a SHA-256 the digest is too, and *HAS_DIGEST says so.
bool apt_parse_uri(const char *output, struct apt_package *package, bool *has_digest, struct error *err);

// Finds in OUTPUT, as `apt-cache show` prints it, the stanza of PACKAGE's URL and size, and takes its SHA-256.
bool apt_parse_show(const char *output, struct apt_package *package, struct error *err);
