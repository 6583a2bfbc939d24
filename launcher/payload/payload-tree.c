// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/payload-tree.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "launcher/payload/iso.h"
#include "verify/disk/disk.h"
#include "verify/disk/fat.h"

enum {
        MOST_FILES = 20000,
        DEEPEST = 32, // nested folders; symbolic links can form a loop
        BOOT_SECTOR = 512,
};

struct payload_tree {
        enum payload_kind kind;
        char *path;
        uint64_t size; // of all files, in bytes
        struct file_list list;
        struct disk *disk; // of an image
        struct fat *fat;
};

const char *payload_kind_name(enum payload_kind kind)
{
        static const char *const names[] = {
                [PAYLOAD_ISO] = "iso", [PAYLOAD_FOLDER] = "folder", [PAYLOAD_IMAGE] = "image"};
        return names[kind];
}

void payload_tree_close(struct payload_tree **tree)
{
        if (!*tree)
                return;
        fat_close(&(*tree)->fat);
        disk_close(&(*tree)->disk);
        file_list_free(&(*tree)->list);
        free((*tree)->path);
        free(*tree);
        *tree = NULL;
}

// ---- a folder

static bool list_folder(struct payload_tree *tree, const char *folder, const char *below, unsigned depth,
                        struct error *err);

static bool list_path(struct payload_tree *tree, const char *path, const char *name, unsigned depth, struct error *err)
{
        struct stat status;
        if (stat(path, &status) != 0)
                return error_system(err, "%s: cannot examine", path);
        if (S_ISDIR(status.st_mode))
                return list_folder(tree, path, name, depth + 1, err);
        if (!S_ISREG(status.st_mode))
                file_list_problem(&tree->list, "its '%s' is neither a file nor a folder", name);
        else
                file_list_add(&tree->list, name, path, NULL, (uint64_t)status.st_size);
        if (tree->list.count > MOST_FILES)
                return error_set(err, ERROR_DAMAGED, "%s is not an ESXi installer: it has more than %d files",
                                 tree->path, MOST_FILES);
        return true;
}

static bool list_folder(struct payload_tree *tree, const char *folder, const char *below, unsigned depth,
                        struct error *err)
{
        if (depth > DEEPEST)
                return error_set(err, ERROR_DAMAGED, "%s: folders are nested more than %d deep", folder, DEEPEST);
        AUTO_ARGUMENTS struct arguments names = {0};
        if (!folder_names(folder, &names, err))
                return false;
        for (size_t i = 0; i < names.count; i++) {
                AUTO_FREE char *path = file_path(folder, names.values[i]);
                AUTO_FREE char *name = *below ? file_path(below, names.values[i]) : memory_text(names.values[i]);
                if (!interrupt_check(err) || !list_path(tree, path, name, depth, err))
                        return false;
        }
        return true;
}

static bool open_folder(struct payload_tree *tree, struct error *err)
{
        AUTO_FREE char *absolute = realpath(tree->path, NULL);
        if (!absolute)
                return error_system(err, "%s: cannot find", tree->path);
        if (!list_folder(tree, absolute, "", 0, err))
                return false;
        file_list_finish(&tree->list);
        tree->size = file_list_total(&tree->list);
        return true;
}

// ---- an ISO

static bool open_iso(struct payload_tree *tree, struct error *err)
{
        if (!iso_list(tree->path, &tree->list, err))
                return false;
        tree->size = file_list_total(&tree->list);
        return true;
}

// ---- an image

// Checks that the image is as long as its file system. Source: FAT specification, "Boot Sector and BPB".
static bool check_image_length(const struct payload_tree *tree, struct error *err)
{
        uint8_t sector[BOOT_SECTOR];
        if (!disk_read(tree->disk, 0, sector, sizeof sector, err))
                return false;
        struct cursor cursor = cursor_at((struct bytes){sector, sizeof sector}, 11);
        uint64_t sector_size = cursor_u16(&cursor);
        cursor_skip(&cursor, 6);
        uint64_t sectors_16 = cursor_u16(&cursor);
        cursor_skip(&cursor, 11);
        uint64_t sectors_32 = cursor_u32(&cursor);
        uint64_t length = (sectors_16 ? sectors_16 : sectors_32) * sector_size;
        if (length <= tree->size)
                return true;
        return error_set(err, ERROR_DAMAGED, "%s is cut off: it has %" PRIu64 " of %" PRIu64 " bytes; create it again",
                         tree->path, tree->size, length);
}

static bool open_image(struct payload_tree *tree, struct error *err)
{
        struct stat status;
        if (stat(tree->path, &status) != 0)
                return error_system(err, "%s: cannot examine", tree->path);
        tree->size = (uint64_t)status.st_size;
        AUTO_ERROR struct error none = {0};
        if (tree->size < BOOT_SECTOR)
                return error_set(err, ERROR_DAMAGED, "%s is not a payload: it is %s", tree->path,
                                 tree->size ? "neither an ISO nor an image" : "empty");
        if (!disk_open(tree->path, "raw", &tree->disk, err))
                return false;
        if (fat_open(tree->disk, 0, disk_size(tree->disk), &tree->fat, &none))
                return check_image_length(tree, err);
        return error_set(err, ERROR_DAMAGED,
                         "%s is not a payload: it is neither an ISO nor an image created by `esxiarm payload`",
                         tree->path);
}

// ---- any kind

static bool find_kind(const char *path, enum payload_kind *kind, struct error *err)
{
        struct stat status;
        bool is_iso;
        if (stat(path, &status) != 0)
                return error_system(err, "%s: cannot find", path);
        *kind = PAYLOAD_FOLDER;
        if (S_ISDIR(status.st_mode))
                return true;
        if (!iso_probe(path, &is_iso, err))
                return false;
        *kind = is_iso ? PAYLOAD_ISO : PAYLOAD_IMAGE;
        return true;
}

bool payload_tree_open(const char *path, struct payload_tree **tree_pointer, struct error *err)
{
        static bool (*const openers[])(struct payload_tree *, struct error *) = {
                [PAYLOAD_ISO] = open_iso, [PAYLOAD_FOLDER] = open_folder, [PAYLOAD_IMAGE] = open_image};
        AUTO_PAYLOAD_TREE struct payload_tree *tree = memory_new(1, sizeof *tree);
        tree->path = memory_text(path);
        if (!find_kind(path, &tree->kind, err) || !openers[tree->kind](tree, err))
                return false;
        *tree_pointer = MEMORY_TAKE(tree);
        return true;
}

enum payload_kind payload_tree_kind(const struct payload_tree *tree)
{
        return tree->kind;
}

uint64_t payload_tree_size(const struct payload_tree *tree)
{
        return tree->size;
}

const struct file_list *payload_tree_files(const struct payload_tree *tree)
{
        return tree->kind == PAYLOAD_IMAGE ? NULL : &tree->list;
}

bool payload_tree_find(struct payload_tree *tree, const char *name, bool *found, uint64_t *size, struct error *err)
{
        if (tree->kind == PAYLOAD_IMAGE) {
                struct fat_file file;
                if (!fat_find(tree->fat, name, &file, err))
                        return false;
                *found = file.kind == FAT_FILE;
                *size = file.size;
                return true;
        }
        const struct listed_file *file = file_list_find(&tree->list, name);
        *found = file != NULL;
        *size = file ? file->size : 0;
        return true;
}

static bool read_from_image(struct payload_tree *tree, const char *name, uint64_t limit, struct buffer *buffer,
                            struct error *err)
{
        struct fat_file file;
        return fat_find(tree->fat, name, &file, err) &&
               fat_read_file(tree->fat, &file, limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX, buffer, err);
}

bool payload_tree_read(struct payload_tree *tree, const char *name, uint64_t limit, struct buffer *buffer,
                       struct error *err)
{
        bool found;
        uint64_t size;
        if (!payload_tree_find(tree, name, &found, &size, err))
                return false;
        if (!found)
                return error_set(err, ERROR_DAMAGED, "%s has no %s", tree->path, name);
        if (size > limit)
                return error_set(err, ERROR_DAMAGED, "%s: its %s has %" PRIu64 " bytes, which is too large", tree->path,
                                 name, size);
        if (tree->kind == PAYLOAD_IMAGE)
                return read_from_image(tree, name, limit, buffer, err);
        const struct listed_file *file = file_list_find(&tree->list, name);
        if (tree->kind == PAYLOAD_ISO)
                return iso_read(tree->path, file, limit, buffer, err);
        return file_read(file->origin, limit, buffer, err);
}

// ---- staging

static bool stage_file(const struct listed_file *file, const char *folder, bool as_link, struct error *err)
{
        AUTO_FREE char *path = file_path(folder, file->name);
        AUTO_FREE char *parent = memory_text(path);
        if (!interrupt_check(err) || !file_make_folder(dirname(parent), 0777, err))
                return false;
        if (!as_link)
                return file_copy(file->origin, path, 0666, err);
        return symlink(file->origin, path) == 0 || error_system(err, "%s: cannot link", path);
}

bool payload_tree_stage(struct payload_tree *tree, const char *folder, bool as_links, struct error *err)
{
        AUTO_PROGRESS struct progress *progress = progress_begin("reading the installer", tree->size);
        if (tree->kind == PAYLOAD_ISO)
                return iso_extract(tree->path, &tree->list, folder, progress, err);
        uint64_t done = 0;
        for (size_t i = 0; i < tree->list.count; i++) {
                if (!stage_file(&tree->list.files[i], folder, as_links, err))
                        return false;
                progress_update(progress, done += tree->list.files[i].size);
        }
        return true;
}
