// SPDX-License-Identifier: Apache-2.0
//
// A file from a URL, by libcurl. The data is counted and hashed as it arrives; an unexpected file never appears under
// its name. Protocols are http, https and file (a redirection leads only to http and https). Proxies come from
// http_proxy, https_proxy, all_proxy and no_proxy, and trusted certificates from CURL_CA_BUNDLE, as with curl(1).
//
// After a temporary failure (a connection cut or stalled, status 408, 429, 500, 502, 503, 504) the download is tried
// again, each time after twice the delay, or after the server's Retry-After. A file with a known digest continues where
// it stopped, if the server supports that; other files start again, because they may have changed.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/net/transfer.h"

// Downloads to PATH, whose folder must exist; replaces an existing file, without syncing it to the disk. Fails, leaving
// PATH unchanged,
//  - with ERROR_DAMAGED if size or digest are not as expected,
//  - with ERROR_USAGE if the URL is invalid, has another protocol, or is a file: that does not exist,
//  - with ERROR_INTERRUPTED, at once, if the user interrupts,
//  - with ERROR_ENVIRONMENT for any network failure.
bool download_file(const struct download *download, const char *path, struct downloaded *downloaded, struct error *err);
