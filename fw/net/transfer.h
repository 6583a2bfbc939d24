// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a URL, by libcurl, into a file that is open: with its attempts, and measured and hashed while they arrive.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct download {
        const char *url;
        const char *label;           // for the progress line; NULL: "downloading " and the URL's last part
        const struct digest *sha256; // what it must be; NULL where that is not known
        uint64_t size;               // what it must be, in bytes; 0 where that is not known
        uint64_t limit;              // in bytes: more is refused; 0: 1 GiB
        unsigned attempts;           // how often it is tried; 0: 5
        const char *part; // where an unfinished file is kept for the next time; NULL: it is removed. With SHA256 only
        unsigned connect_seconds; // how long a connection may take to come about; 0: 20
        unsigned stall_seconds;   // how long nothing may arrive; 0: 30
};

struct downloaded {
        struct digest sha256;
        uint64_t size; // in bytes
        long status;   // HTTP's, also where it failed; 0 where there was none
        bool resumed;  // a part was there already
};

// Brings DOWNLOAD into FD, which may be read and written; PATH names it in messages. Where the download has a part and a digest,
// what is in FD already is its beginning, and is hashed first; else it is forgotten. DOWNLOADED must be empty; it and the errors
// are those of download_file.
bool transfer_run(const struct download *download, const char *path, int fd, struct downloaded *downloaded,
                  struct error *err);
