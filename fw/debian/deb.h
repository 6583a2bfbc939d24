// SPDX-License-Identifier: Apache-2.0
//
// Files unpacked from a Debian package, by libarchive.
//
// A package is untrusted. Nothing is written under a name from the package: the caller names the files to unpack and
// their targets. A package that contains an absolute name or `..` is refused; symbolic and hard links are followed only
// inside the package; sizes, counts and the unpacked total are bounded.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "fw/debian/deb-control.h"

// A file wanted from a package.
struct deb_file {
        const char *name;      // its path in the package, without "./": "usr/share/AAVMF/AAVMF_CODE.fd"
        const char *otherwise; // used if the package has no NAME; or NULL. In the same folder
        const char *target;    // where it goes: sparse, mode 0644
        bool optional;         // not an error if the package does not have it
        // Filled by deb_extract:
        bool found;
        uint64_t size;        // in bytes
        struct digest sha256; // of the bytes as unpacked
};

// Unpacks FILES, COUNT of them (at most 64), from the package at PATH, and reads its control file into CONTROL (unless
// NULL), in one pass. A second pass is only needed if a wanted file is a link to one in another folder. The whole
// package is read, so that one that is cut off or damaged anywhere is refused (ERROR_DAMAGED) before any target is
// replaced.
bool deb_extract(const char *path, struct deb_control *control, struct deb_file *files, size_t count,
                 struct error *err);
