// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

// The folder that this program's file is in, freed with free(); NULL if the system does not report it.
static char *program_folder(void)
{
        char path[PATH_MAX];
#ifdef __APPLE__
        char called[PATH_MAX]; // perhaps a symbolic link
        uint32_t size = sizeof called;
        if (_NSGetExecutablePath(called, &size) != 0 || !realpath(called, path))
                return NULL;
#else
        ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
        if (length < 0)
                return NULL;
        path[length] = '\0';
#endif
        return memory_text(dirname(path));
}

char *paths_data(const char *name, struct error *err)
{
        AUTO_FREE char *program = program_folder();
        AUTO_FREE char *beside = program ? file_path(program, "share") : NULL;
        AUTO_FREE char *installed = program ? file_path(program, "../share/esxiarm") : NULL;
        const char *given = getenv("ESXIARM_DATA");
        const char *folders[] = {given && *given ? given : NULL, beside, installed, DATA_FOLDER};
        AUTO_TEXT struct text looked_in = {0};
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
                if (!folders[i])
                        continue;
                char *path = file_path(folders[i], name);
                if (file_exists(path))
                        return path;
                text_add_format(&looked_in, "%s%s", looked_in.length ? ", " : "", path);
                free(path);
        }
        error_set(err, ERROR_ENVIRONMENT, "data file %s not found (searched %s); run make, or set ESXIARM_DATA", name,
                  text_string(&looked_in));
        return NULL;
}

char *paths_cache(struct error *err)
{
        const char *cache = getenv("XDG_CACHE_HOME");
        if (cache && *cache == '/')
                return file_path(cache, "esxiarm");
        const char *home = getenv("HOME");
        if (home && *home)
                return file_path(home, ".cache/esxiarm");
        error_set(err, ERROR_ENVIRONMENT, "neither XDG_CACHE_HOME nor HOME is set, so there is no place for downloads");
        return NULL;
}
