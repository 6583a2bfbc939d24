// SPDX-License-Identifier: Apache-2.0
//
// A cache of file digests, so that the 64 MiB of a firmware are hashed only once, not at every boot.
//
// A cached digest is valid while the file has not changed (base/cache.h). The cache is
// ${XDG_CACHE_HOME:-~/.cache}/esxiarm/digests.json.
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/error.h"

// The digest of the regular file at PATH, from the cache, or computed and cached. For files that are rarely written.
bool digest_remembered(const char *path, struct digest *digest, struct error *err);
