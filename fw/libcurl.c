// SPDX-License-Identifier: Apache-2.0
#include "fw/libcurl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#ifdef __APPLE__

// Linked: Homebrew's folders are not among those in which macOS looks for a library by its name.
const struct libcurl *libcurl_load(struct error *err)
{
        (void)err;
        static const struct libcurl linked = {
                .easy_init = curl_easy_init,
                .easy_setopt = curl_easy_setopt,
                .easy_perform = curl_easy_perform,
                .easy_getinfo = curl_easy_getinfo,
                .easy_strerror = curl_easy_strerror,
                .easy_cleanup = curl_easy_cleanup,
        };
        return &linked;
}

#else

static const char library_name[] = "libcurl.so.4";

static const struct {
        const char *name;
        size_t offset;
} functions[] = {
        {"curl_easy_init", offsetof(struct libcurl, easy_init)},
        {"curl_easy_setopt", offsetof(struct libcurl, easy_setopt)},
        {"curl_easy_perform", offsetof(struct libcurl, easy_perform)},
        {"curl_easy_getinfo", offsetof(struct libcurl, easy_getinfo)},
        {"curl_easy_strerror", offsetof(struct libcurl, easy_strerror)},
        {"curl_easy_cleanup", offsetof(struct libcurl, easy_cleanup)},
};

const struct libcurl *libcurl_load(struct error *err)
{
        static struct libcurl loaded;
        static void *library;
        if (library)
                return &loaded;
        void *opened = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
        if (!opened) {
                error_set(err, ERROR_ENVIRONMENT, "libcurl cannot be loaded: %s", dlerror());
                return NULL;
        }
        for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
                void *function = dlsym(opened, functions[i].name);
                if (!function) {
                        error_set(err, ERROR_ENVIRONMENT, "%s has no %s: it is too old", library_name,
                                  functions[i].name);
                        return NULL;
                }
                memcpy((char *)&loaded + functions[i].offset, &function, sizeof function);
        }
        library = opened;
        return &loaded;
}

#endif
