// SPDX-License-Identifier: Apache-2.0
//
// Results of slow work on a file, kept until the file changes.
//
// A result is valid only while the file has the same device, inode, size, modification time and status change time
// (which no program can set), and only if the file was last changed well before it was read. A cache is
// ${XDG_CACHE_HOME:-~/.cache}/esxiarm/NAME; if it cannot be read or written, the work is done every time.
//
//         AUTO_CACHE struct cache cache = {0};
//         cache_open("digests.json", path, &cache);
//         if (cache.known)
//                 return use(cache.known);
//         ... do the work ...
//         cache_keep(&cache, json_pack(...));
#pragma once

#include <jansson.h>

// A file and the cached fact about it.
struct cache {
        const char *name; // of the cache, borrowed
        char *file;       // its path without symbolic links; NULL if it cannot be cached
        char *identity;   // of the file at the time it was opened here
        json_t *known;    // an object, owned; NULL if nothing is known
};
#define AUTO_CACHE __attribute__((cleanup(cache_close)))

// Looks up the file at PATH in the cache NAME. For files that are rarely written.
void cache_open(const char *name, const char *path, struct cache *cache);

// Remembers FACT (an object, freed here) about the file as it was when it was opened here.
void cache_keep(const struct cache *cache, json_t *fact);

void cache_close(struct cache *cache);
