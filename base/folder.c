// SPDX-License-Identifier: Apache-2.0
#include "base/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

bool folder_names(const char *folder, struct arguments *names, struct error *err)
{
        DIR *stream = opendir(folder);
        if (!stream)
                return error_system(err, "%s: cannot read the folder", folder);
        for (const struct dirent *entry; (entry = readdir(stream));) {
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        arguments_add(names, entry->d_name);
        }
        closedir(stream);
        if (names->count)
                qsort(names->values, names->count, sizeof *names->values, compare);
        return true;
}
