// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/file-list.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"

enum {
        LONGEST_PART = 255, // UTF-16 units in a long name; counted in bytes here, which are never fewer
};

void file_list_free(struct file_list *list)
{
        for (size_t i = 0; i < list->count; i++) {
                free(list->files[i].name);
                free(list->files[i].origin);
                free(list->files[i].same_as);
        }
        free(list->files);
        free(list->problem);
        *list = (struct file_list){0};
}

// ---- names

// The length of PART without ";1" and final dots and blanks.
static size_t plain_length(const char *part, size_t length)
{
        size_t digits = 0;
        while (digits < length && isdigit((unsigned char)part[length - 1 - digits]))
                digits++;
        if (digits && digits < length && part[length - 1 - digits] == ';')
                length -= digits + 1;
        while (length && (part[length - 1] == '.' || part[length - 1] == ' '))
                length--;
        return length;
}

static bool is_possible(const char *part, size_t length)
{
        for (size_t i = 0; i < length; i++) {
                unsigned char character = (unsigned char)part[i];
                if (character < ' ' || character == 0x7F || strchr("\"*:<>?\\|", character))
                        return false;
        }
        return length && length <= LONGEST_PART;
}

char *file_list_name(const char *spelled)
{
        AUTO_TEXT struct text name = {0};
        if (*spelled == '/')
                return NULL;
        for (;;) {
                size_t spelled_length = strcspn(spelled, "/");
                size_t length = plain_length(spelled, spelled_length);
                if (!is_possible(spelled, length))
                        return NULL;
                for (size_t i = 0; i < length; i++)
                        text_add_char(&name, (char)toupper((unsigned char)spelled[i]));
                spelled += spelled_length;
                if (!*spelled)
                        return text_take(&name);
                spelled++;
                text_add_char(&name, '/');
        }
}

// ---- building

void file_list_problem(struct file_list *list, const char *format, ...)
{
        if (list->problem)
                return;
        va_list arguments;
        va_start(arguments, format);
        list->problem = text_format_list(format, arguments);
        va_end(arguments);
}

static void name_problem(struct file_list *list, const char *spelled)
{
        AUTO_FREE char *shown = text_printable(spelled, strlen(spelled), false);
        file_list_problem(list, "its file '%s' has a path that is invalid on a FAT volume", shown);
}

void file_list_add(struct file_list *list, const char *spelled, const char *origin, const char *same_as, uint64_t size)
{
        char *name = file_list_name(spelled);
        char *same_name = same_as ? file_list_name(same_as) : NULL;
        if (!name || (same_as && !same_name)) {
                name_problem(list, name ? same_as : spelled);
                free(name);
                free(same_name);
                return;
        }
        *MEMORY_ADD(list->files, list->count) = (struct listed_file){name, memory_text(origin), same_name, size};
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(((const struct listed_file *)a)->name, ((const struct listed_file *)b)->name);
}

static struct listed_file *find_name(const struct file_list *list, const char *name)
{
        struct listed_file key = {.name = (char *)name};
        return list->count ? bsearch(&key, list->files, list->count, sizeof *list->files, compare_names) : NULL;
}

static void find_twins(struct file_list *list)
{
        for (size_t i = 1; i < list->count; i++) {
                if (strcmp(list->files[i - 1].name, list->files[i].name) != 0)
                        continue;
                AUTO_FREE char *one =
                        text_printable(list->files[i - 1].origin, strlen(list->files[i - 1].origin), false);
                AUTO_FREE char *other = text_printable(list->files[i].origin, strlen(list->files[i].origin), false);
                file_list_problem(list, "its files '%s' and '%s' have the same name on a FAT volume", one, other);
        }
}

// Finds names that are both a file's and a folder's.
static void find_folder_twins(struct file_list *list)
{
        for (size_t i = 0; i < list->count; i++) {
                AUTO_FREE char *folder = memory_text(list->files[i].name);
                for (char *slash; (slash = strrchr(folder, '/'));) {
                        *slash = '\0';
                        if (find_name(list, folder))
                                file_list_problem(list, "it has '%s' both as a file and as a folder", folder);
                }
        }
}

static void settle_links(struct file_list *list)
{
        for (size_t i = 0; i < list->count; i++) {
                struct listed_file *file = &list->files[i];
                const struct listed_file *same = file->same_as ? find_name(list, file->same_as) : NULL;
                if (file->same_as && (!same || same->same_as))
                        file_list_problem(list, "its file '%s' is a link to a missing file", file->name);
                else if (same)
                        file->size = same->size;
        }
}

void file_list_finish(struct file_list *list)
{
        if (list->count)
                qsort(list->files, list->count, sizeof *list->files, compare_names);
        find_twins(list);
        find_folder_twins(list);
        settle_links(list);
}

// ---- searching

const struct listed_file *file_list_find(const struct file_list *list, const char *name)
{
        AUTO_FREE char *wanted = file_list_name(name + strspn(name, "/"));
        return wanted ? find_name(list, wanted) : NULL;
}

const char *file_list_nearest(const struct file_list *list, const char *name)
{
        AUTO_FREE char *wanted = file_list_name(name + strspn(name, "/"));
        if (!wanted)
                return NULL;
        AUTO_FREE const char **names = memory_new(list->count + 1, sizeof *names);
        for (size_t i = 0; i < list->count; i++)
                names[i] = list->files[i].name;
        return spelling_nearest(wanted, names);
}

uint64_t file_list_total(const struct file_list *list)
{
        uint64_t total = 0;
        for (size_t i = 0; i < list->count; i++)
                total += list->files[i].size;
        return total;
}
