// SPDX-License-Identifier: Apache-2.0
//
// The digests of files hashed before, so that the 64 MiB of a firmware are hashed once and not at every boot.
//
// A cached digest is valid while the file has not changed (base/cache.h). The cache is
// ${XDG_CACHE_HOME:-~/.cache}/esxiarm/digests.json.
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/error.h"

// The digest of the regular file at PATH, from the cache, or computed and cached. For files that are rarely written.
bool digest_remembered(const char *path, struct digest *digest, struct error *err);
