// SPDX-License-Identifier: Apache-2.0
//
// A file from a URL, by libcurl. What arrives is measured and hashed while it arrives; what is not as expected is never
// seen under its name. Protocols are http, https and file (a redirection leads only to http and https). Proxies come from
// http_proxy, https_proxy, all_proxy and no_proxy, and the certificates that are trusted from CURL_CA_BUNDLE, as with
// curl(1).
//
// What a network or a server does for a while only (a connection cut or stalled, status 408, 429, 500, 502, 503, 504) is
// tried again, each time after twice as long, or after as long as the server says (Retry-After). A file whose digest is
// known goes on where it stopped, where the server can do that; no other does, because it may have become another.
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

// Downloads to PATH, whose folder exists; replaces what is there. It is not synced to the disk: what is made of it is. Fails,
// leaving PATH as it was,
//  - with ERROR_DAMAGED where size or digest are not as expected,
//  - with ERROR_USAGE where the URL is none, or of another protocol, or its file: is not there,
//  - with ERROR_INTERRUPTED if the user interrupts, which it does at once, whatever it waits for,
//  - with ERROR_ENVIRONMENT for all that a network can do.
bool download_file(const struct download *download, const char *path, struct downloaded *downloaded, struct error *err);

// URL without the user name and password that it may carry (RFC 3986, 3.2.1), fit to be kept and shown; freed with free(). Of
// what is no URL, nothing that stands before its last @.
char *download_public_url(const char *url);
