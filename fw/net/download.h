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

#include "base/error.h"
#include "fw/net/transfer.h"

// Downloads to PATH, whose folder exists; replaces what is there. It is not synced to the disk: what is made of it is. Fails,
// leaving PATH as it was,
//  - with ERROR_DAMAGED where size or digest are not as expected,
//  - with ERROR_USAGE where the URL is none, or of another protocol, or its file: is not there,
//  - with ERROR_INTERRUPTED if the user interrupts, which it does at once, whatever it waits for,
//  - with ERROR_ENVIRONMENT for all that a network can do.
bool download_file(const struct download *download, const char *path, struct downloaded *downloaded, struct error *err);
