// SPDX-License-Identifier: Apache-2.0
//
// The digests of files that were hashed before, so that the 64 MiB of a firmware are hashed once and not at every boot.
//
// A remembered digest counts only while the file has the same device, inode, size, modification time and status change
// time (which no program can set), and only where it was last changed well before it was hashed. The cache is
// ${XDG_CACHE_HOME:-~/.cache}/esxiarm/digests.json; where it cannot be read or written, files are hashed every time.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/digest.h"

// The digest of the regular file at PATH, remembered or computed and then remembered. For files that are rarely written.
bool digest_remembered(const char *path, struct digest *digest, struct error *err);
