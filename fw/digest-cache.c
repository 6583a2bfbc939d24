// SPDX-License-Identifier: Apache-2.0
#include "fw/digest-cache.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"

enum {
        CACHE_LIMIT = 1 << 20, // bytes
        ENTRY_LIMIT = 256,     // beyond it the cache starts anew
        // A file that changes again within the clock's grain after it was hashed would look unchanged.
        GRAIN_S = 2,
};

#ifdef __APPLE__
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

// What has to be the same for a digest to hold.
static char *identity_of(const struct stat *status)
{
        return text_format("%ju:%ju:%jd:%jd.%09ld:%jd.%09ld", (uintmax_t)status->st_dev, (uintmax_t)status->st_ino,
                           (intmax_t)status->st_size, (intmax_t)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
                           (intmax_t)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
}

static bool changed_just_now(const struct stat *status)
{
        return time(NULL) < status->st_ctim.tv_sec + GRAIN_S;
}

static char *cache_path(void)
{
        AUTO_FREE char *folder = paths_cache(NULL);
        return folder ? file_path(folder, "digests.json") : NULL;
}

// The cache as an object, path to {identity, sha256}; an empty one where there is none or it is damaged.
static json_t *read_cache(const char *path)
{
        AUTO_BUFFER struct buffer content = {0};
        json_t *cache = NULL;
        if (path && file_read(path, CACHE_LIMIT, &content, NULL))
                cache = json_loadb((const char *)content.data, content.size, 0, NULL);
        if (json_is_object(cache) && json_object_size(cache) < ENTRY_LIMIT)
                return cache;
        json_decref(cache);
        return json_object();
}

// Another program that writes it at this moment, or a folder that takes no file, costs only time.
static void write_cache(const char *path, const json_t *cache)
{
        AUTO_FREE char *content = json_dumps(cache, JSON_INDENT(1));
        if (path && content)
                file_replace(path, 0600, (struct bytes){(const uint8_t *)content, strlen(content)}, NULL);
}

static bool recall(const json_t *cache, const char *file, const char *identity, struct digest *digest)
{
        const json_t *entry = json_object_get(cache, file);
        const char *known = json_string_value(json_object_get(entry, "identity"));
        const char *sha256 = json_string_value(json_object_get(entry, "sha256"));
        return known && sha256 && strcmp(known, identity) == 0 && digest_parse(sha256, digest);
}

static void remember(json_t *cache, const char *path, const char *file, const char *identity,
                     const struct digest *digest)
{
        AUTO_FREE char *sha256 = digest_hex(digest);
        json_object_set_new(cache, file, json_pack("{s:s, s:s}", "identity", identity, "sha256", sha256));
        write_cache(path, cache);
}

bool digest_remembered(const char *path, struct digest *digest, struct error *err)
{
        struct stat status;
        AUTO_FREE char *file = realpath(path, NULL);
        if (!file || stat(file, &status) != 0 || changed_just_now(&status))
                return digest_file(path, digest, err);
        AUTO_FREE char *identity = identity_of(&status);
        AUTO_FREE char *cache_file = cache_path();
        json_t *cache = read_cache(cache_file);
        bool known = recall(cache, file, identity, digest);
        bool done = known || digest_file(file, digest, err);
        if (done && !known)
                remember(cache, cache_file, file, identity, digest);
        json_decref(cache);
        return done;
}
