// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a URL, by libcurl, into an open file: with repeated attempts, counted and hashed as they arrive.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct download {
        const char *url;
        const char *label;           // for the progress line; NULL: "downloading " and the URL's last part
        const struct digest *sha256; // expected; NULL if not known
        uint64_t size;               // expected, in bytes; 0 if not known
        uint64_t limit;              // in bytes: more is refused; 0: 1 GiB
        unsigned attempts;           // number of attempts; 0: 5
        const char *part;         // where an unfinished file is kept for the next time; NULL: removed. Only with SHA256
        unsigned connect_seconds; // time-out for connecting; 0: 20
        unsigned stall_seconds;   // time-out without data; 0: 30
};

struct downloaded {
        struct digest sha256;
        uint64_t size; // in bytes
        long status;   // HTTP status, also on failure; 0 if none was received
        bool resumed;  // an earlier part was used
};

// Downloads into FD, which must be open for reading and writing; PATH is its name in messages. If the download has a
// part and a digest, the content of FD is its beginning and is hashed first; else the content is discarded. DOWNLOADED
// must be empty; it and the errors are those of download_file.
bool transfer_run(const struct download *download, const char *path, int fd, struct downloaded *downloaded,
                  struct error *err);
