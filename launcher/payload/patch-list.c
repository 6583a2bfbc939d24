// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/patch-list.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/spelling.h"
#include "base/text.h"

#define FOLDER    "patches"
#define EXTENSION ".yaml"

enum {
        KEPT_LIMIT = 256 << 10, // bytes, as of a patch that is read from a file
};

void patch_list_free(struct patch_list *list)
{
        for (size_t i = 0; i < list->count; i++)
                patch_free(&list->patches[i]);
        free(list->patches);
        *list = (struct patch_list){0};
}

static void add(struct patch_list *list, struct patch *patch)
{
        list->patches = memory_resize(list->patches, list->count + 1, sizeof(struct patch *));
        list->patches[list->count++] = patch;
}

// ---- those that come with the program

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

// The files of FOLDER that are patches, in the order of their names.
static bool list_files(const char *folder, struct arguments *names, struct error *err)
{
        DIR *stream = opendir(folder);
        if (!stream)
                return error_system(err, "%s: cannot open", folder);
        for (const struct dirent *entry; (entry = readdir(stream));) {
                if (*entry->d_name != '.' && text_ends_with(entry->d_name, EXTENSION))
                        arguments_add(names, entry->d_name);
        }
        closedir(stream);
        if (names->count)
                qsort(names->values, names->count, sizeof(char *), compare_names);
        return true;
}

bool patch_list_has(const struct patch_list *list, const struct patch *patch)
{
        for (size_t i = 0; i < list->count; i++) {
                if (digest_equal(&list->patches[i]->digest, &patch->digest))
                        return true;
        }
        return false;
}

bool patch_list_add_known(struct patch_list *list, struct error *err)
{
        AUTO_FREE char *folder = paths_data(FOLDER, NULL);
        AUTO_ARGUMENTS struct arguments names = {0};
        if (!folder)
                return true;
        if (!list_files(folder, &names, err))
                return false;
        for (size_t i = 0; i < names.count; i++) {
                AUTO_FREE char *path = file_path(folder, names.values[i]);
                AUTO_PATCH struct patch *patch = patch_read(path, err);
                if (!patch)
                        return false;
                if (!patch_list_has(list, patch))
                        add(list, MEMORY_TAKE(patch));
        }
        return true;
}

// ---- those that a payload keeps

char *patch_list_kept_name(size_t number)
{
        return text_format("PATCH-%zu.YAML", number);
}

static bool add_kept(struct patch_list *list, struct payload_tree *tree, const char *name, struct arguments *warnings,
                     struct error *err)
{
        AUTO_BUFFER struct buffer text = {0};
        AUTO_ERROR struct error mistake = {0};
        if (!payload_tree_read(tree, name, KEPT_LIMIT, &text, err))
                return false;
        AUTO_PATCH struct patch *patch = patch_parse(name, buffer_view(&text), &mistake);
        if (!patch && warnings)
                arguments_add_format(warnings, "the payload keeps a patch that cannot be read: %s", mistake.message);
        if (patch && !patch_list_has(list, patch))
                add(list, MEMORY_TAKE(patch));
        return true;
}

bool patch_list_add_kept(struct patch_list *list, struct payload_tree *tree, struct arguments *warnings,
                         struct error *err)
{
        bool found = true;
        for (size_t number = 1; found; number++) {
                AUTO_FREE char *name = patch_list_kept_name(number);
                uint64_t size;
                if (!payload_tree_find(tree, name, &found, &size, err) ||
                    (found && !add_kept(list, tree, name, warnings, err)))
                        return false;
        }
        return true;
}

// ---- those that are given

static bool is_file(const char *value)
{
        return strchr(value, '/') || text_ends_with(value, EXTENSION) || text_ends_with(value, ".yml");
}

static char *refuse_name(const char *name, struct error *err)
{
        AUTO_FREE char *folder = paths_data(FOLDER, NULL);
        AUTO_ARGUMENTS struct arguments names = {0};
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        if (folder && !list_files(folder, &names, err))
                return NULL;
        for (size_t i = 0; i < names.count; i++)
                names.values[i][strlen(names.values[i]) - strlen(EXTENSION)] = '\0';
        const char *nearest = names.count ? spelling_nearest(name, (const char *const *)names.values) : NULL;
        error_set(err, ERROR_USAGE,
                  "--patch: unknown patch '%s' (expected the name of one that comes with the program, or a FILE.yaml)",
                  shown);
        if (nearest)
                error_append(err, "; did you mean '%s'?", nearest);
        return NULL;
}

// The path of the file that VALUE means, freed with free().
static char *path_of(const char *value, struct error *err)
{
        if (is_file(value))
                return memory_text(value);
        AUTO_FREE char *name = text_format(FOLDER "/%s" EXTENSION, value);
        char *path = *value ? paths_data(name, NULL) : NULL;
        return path ? path : refuse_name(value, err);
}

static bool add_given(struct patch_list *list, const char *value, struct error *err)
{
        AUTO_FREE char *path = path_of(value, err);
        if (!path)
                return false;
        AUTO_PATCH struct patch *patch = patch_read(path, err);
        if (!patch)
                return error_wrap(err, "--patch");
        for (size_t i = 0; i < list->count; i++) {
                if (strcmp(list->patches[i]->name, patch->name) == 0)
                        return error_set(err, ERROR_USAGE, "--patch: two patches have the name '%s'", patch->name);
        }
        add(list, MEMORY_TAKE(patch));
        return true;
}

bool patch_list_add_given(struct patch_list *list, const struct arguments *given, struct error *err)
{
        for (size_t i = 0; given && i < given->count; i++) {
                if (!add_given(list, given->values[i], err))
                        return false;
        }
        return true;
}
