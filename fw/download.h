// SPDX-License-Identifier: Apache-2.0
//
// A file from a URL, by libcurl. What arrives is measured and hashed while it arrives; what is not as expected is never
// seen under its name. Protocols are http, https and file (a redirection leads only to http and https).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "fw/digest.h"

struct download {
        const char *url;
        const char *label;           // for the progress line; NULL: "downloading " and the URL's last part
        const struct digest *sha256; // what it must be; NULL where that is not known
        uint64_t size;               // what it must be, in bytes; 0 where that is not known
        uint64_t limit;              // in bytes: more is refused; 0: 1 GiB
        unsigned connect_seconds;    // how long a connection may take to come about; 0: 20
        unsigned stall_seconds;      // how long nothing may arrive; 0: 30
};

struct downloaded {
        struct digest sha256;
        uint64_t size; // in bytes
};

// Downloads to PATH, whose folder exists; replaces what is there (base/file.h). Fails, leaving PATH as it was,
//  - with ERROR_DAMAGED where size or digest are not as expected,
//  - with ERROR_USAGE where the URL is none, or of another protocol, or its file: is not there,
//  - with ERROR_INTERRUPTED where the user interrupts,
//  - with ERROR_ENVIRONMENT for all that a network can do.
bool download_file(const struct download *download, const char *path, struct downloaded *downloaded, struct error *err);

// URL without the user name and password that it may carry, fit to be kept and shown; freed with free().
char *download_public_url(const char *url);
