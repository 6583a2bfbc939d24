// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a URL, by libcurl, into a file that is open: with its attempts, and measured and hashed while they arrive.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/download.h"

// Brings DOWNLOAD into FD, which may be read and written; PATH names it in messages. Where the download has a part and a digest,
// what is in FD already is its beginning, and is hashed first; else it is forgotten. DOWNLOADED must be empty; it and the errors
// are those of download_file.
bool transfer_run(const struct download *download, const char *path, int fd, struct downloaded *downloaded,
                  struct error *err);
