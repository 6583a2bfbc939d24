// SPDX-License-Identifier: Apache-2.0
#include "fw/digest-cache.h"

#include "base/cache.h"
#include "base/memory.h"

bool digest_remembered(const char *path, struct digest *digest, struct error *err)
{
        AUTO_CACHE struct cache cache = {0};
        cache_open("digests.json", path, &cache);
        const char *known = json_string_value(json_object_get(cache.known, "sha256"));
        if (known && digest_parse(known, digest))
                return true;
        if (!digest_file(path, digest, err))
                return false;
        AUTO_FREE char *sha256 = digest_hex(digest);
        cache_keep(&cache, json_pack("{s:s}", "sha256", sha256));
        return true;
}
