// SPDX-License-Identifier: Apache-2.0
//
// The members of a Debian package, which is an `ar` archive of debian-binary, control.tar.* and data.tar.*. The latter two
// are compressed with xz, zstd or gzip or not at all. Source: deb(5).
//
// A tar inside a package is opened as three archives of libarchive, each of which reads from the one before: the `ar`, the
// compressed stream, and the tar. The stream is separate from the tar so that its unpacked bytes can be counted and it can be
// read to its end, where the checksums are.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "fw/debian/gzip-check.h"

struct deb_member {
        const char *path; // of the package
        int fd;
        struct archive *package, *stream, *tar;
        uint64_t unpacked;    // bytes out of STREAM so far
        uint8_t *block;       // for bytes out of STREAM
        struct error *err;    // filled by a callback that ends the reading
        bool failed;          // whether one did
        uint64_t packed_size; // of the package, for the progress
        struct gzip_check gzip;
};

// Opens the package at PATH. ERR must live as long as MEMBER. Close MEMBER, also on failure.
bool deb_member_open(struct deb_member *member, const char *path, struct error *err);
void deb_member_close(struct deb_member *member);

// Opens the tar whose member name begins with PREFIX ("data.tar"), which must follow those opened before.
bool deb_member_enter(struct deb_member *member, const char *prefix, struct error *err);

// The next entry of the tar; *ENTRY is NULL at the end. Its content is read from MEMBER->tar.
bool deb_member_next(struct deb_member *member, struct archive_entry **entry, struct error *err);

// Reads what follows the last entry, so that the checksums of the compression and the length of the package are checked.
bool deb_member_finish(struct deb_member *member, struct error *err);

// Reports libarchive's failure to read WHAT from ARCHIVE, one of MEMBER's. Always false.
bool deb_member_damaged(struct deb_member *member, struct archive *archive, const char *what, struct error *err);
