// SPDX-License-Identifier: Apache-2.0
#include "base/cache.h"

#include <stdbool.h>
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
        // A file that changes again within the clock's resolution after it was read would look unchanged.
        GRAIN_S = 2,
};

// What must be unchanged for a fact to be valid.
static char *identity_of(const struct stat *status)
{
        struct timespec modified = file_modified(status);
        struct timespec changed = file_changed(status);
        return text_format("%ju:%ju:%jd:%jd.%09ld:%jd.%09ld", (uintmax_t)status->st_dev, (uintmax_t)status->st_ino,
                           (intmax_t)status->st_size, (intmax_t)modified.tv_sec, modified.tv_nsec,
                           (intmax_t)changed.tv_sec, changed.tv_nsec);
}

static bool changed_just_now(const struct stat *status)
{
        return time(NULL) < status->st_ctime + GRAIN_S;
}

// The cache as an object, path to fact; empty if the cache is missing or damaged.
static json_t *read_cache(const char *path)
{
        AUTO_BUFFER struct buffer content = {0};
        json_t *facts = NULL;
        if (file_read(path, CACHE_LIMIT, &content, NULL))
                facts = json_loadb((const char *)content.data, content.size, 0, NULL);
        if (json_is_object(facts) && json_object_size(facts) < ENTRY_LIMIT)
                return facts;
        json_decref(facts);
        return json_object();
}

// If another program is writing it, or its folder is not writable, that costs only time.
static void write_cache(const char *folder, const char *path, const json_t *facts)
{
        AUTO_FREE char *content = json_dumps(facts, JSON_INDENT(1));
        if (content && file_make_folder(folder, 0777, NULL))
                file_replace(path, 0600, (struct bytes){(const uint8_t *)content, strlen(content)}, NULL);
}

void cache_open(const char *name, const char *path, struct cache *cache)
{
        struct stat status;
        AUTO_FREE char *file = realpath(path, NULL);
        *cache = (struct cache){.name = name};
        if (!file || stat(file, &status) != 0 || changed_just_now(&status))
                return;
        cache->file = MEMORY_TAKE(file);
        cache->identity = identity_of(&status);
        AUTO_FREE char *folder = paths_cache(NULL);
        if (!folder)
                return;
        AUTO_FREE char *cache_file = file_path(folder, name);
        json_t *facts = read_cache(cache_file);
        json_t *fact = json_object_get(facts, cache->file);
        const char *known = json_string_value(json_object_get(fact, "identity"));
        if (known && strcmp(known, cache->identity) == 0)
                cache->known = json_incref(fact);
        json_decref(facts);
}

void cache_keep(const struct cache *cache, json_t *fact)
{
        AUTO_FREE char *folder = cache->file ? paths_cache(NULL) : NULL;
        if (folder) {
                AUTO_FREE char *cache_file = file_path(folder, cache->name);
                json_t *facts = read_cache(cache_file);
                json_object_set_new(fact, "identity", json_string(cache->identity));
                json_object_set(facts, cache->file, fact);
                write_cache(folder, cache_file, facts);
                json_decref(facts);
        }
        json_decref(fact);
}

void cache_close(struct cache *cache)
{
        free(cache->file);
        free(cache->identity);
        json_decref(cache->known);
        *cache = (struct cache){0};
}
