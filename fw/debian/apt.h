// SPDX-License-Identifier: Apache-2.0
//
// Packages from the user's own apt, which knows the mirrors, has the archive's keys and has checked the index's
// signature. Uses apt-get(8) and apt-cache(8); works without root.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

// A package that apt would download, from apt's index.
struct apt_package {
        char *url;       // where apt would fetch it from
        char *file_name; // "qemu-efi-aarch64_2022.11-6+deb12u2_all.deb"
        char *version;   // "2022.11-6+deb12u2", an epoch included
        uint64_t size;   // in bytes
        struct digest sha256;
};
#define AUTO_APT_PACKAGE __attribute__((cleanup(apt_package_free)))
void apt_package_free(struct apt_package *package);

// Finds the version of NAME that apt would install, or the one that SELECTION names: "/bookworm" for that release's,
// "=1.0-2" for that version, "" for the default. ERROR_USAGE if NAME is not a package name; ERROR_ENVIRONMENT, with
// what to do, if apt is not installed, the package lists are empty or old, or the package is not in them.
bool apt_find(const char *name, const char *selection, struct apt_package *package, struct error *err);

// Has apt download exactly PACKAGE into FOLDER and compares its digest with the index's. Returns the path of the .deb,
// freed with free(); NULL on failure.
char *apt_download(const char *name, const struct apt_package *package, const char *folder, struct error *err);

// Reads the line that `apt-get --print-uris download` prints: 'URL' FILE-NAME SIZE HASH-KIND:HEX. Fills everything but
// the digest; if the hash is a SHA-256, fills that too and sets *HAS_DIGEST.
bool apt_parse_uri(const char *output, struct apt_package *package, bool *has_digest, struct error *err);

// Finds in OUTPUT, as `apt-cache show` prints it, the stanza of PACKAGE's URL and size, and takes its SHA-256.
bool apt_parse_show(const char *output, struct apt_package *package, struct error *err);
