// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // SEEK_DATA
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        HOLE_BLOCK = 4096,     // zero runs shorter than a file-system block save nothing
        READ_BLOCK = 1 << 16,  // bytes
        NEW_FILE_BITS = 07777, // what chmod takes
};

char *file_path(const char *folder, const char *name)
{
        return text_format("%s%s%s", folder, text_ends_with(folder, "/") ? "" : "/", name);
}

#ifdef __APPLE__
#define MODIFIED st_mtimespec
#define CHANGED  st_ctimespec
#else
#define MODIFIED st_mtim
#define CHANGED  st_ctim
#endif

struct timespec file_modified(const struct stat *status)
{
        return status->MODIFIED;
}

struct timespec file_changed(const struct stat *status)
{
        return status->CHANGED;
}

bool file_sync(int fd)
{
#ifdef F_FULLFSYNC
        // Not every file system has it.
        if (fcntl(fd, F_FULLFSYNC) == 0)
                return true;
#endif
        return fsync(fd) == 0;
}

bool file_sync_path(const char *path)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd >= 0 && file_sync(fd);
}

bool file_exists(const char *path)
{
        struct stat status;
        return stat(path, &status) == 0;
}

bool file_is_same(const char *a, const char *b)
{
        struct stat one;
        struct stat other;
        return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

uint64_t file_allocated(const char *path)
{
        struct stat status;
        return stat(path, &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}

bool file_read(const char *path, uint64_t limit, struct buffer *buffer, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return error_system(err, "%s: cannot open", path);
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        uint64_t total = 0;
        for (;;) {
                ssize_t count = read(fd, block, READ_BLOCK);
                if (count < 0 && errno == EINTR)
                        continue;
                if (count < 0)
                        return error_system(err, "%s: cannot read", path);
                if (count == 0)
                        return true;
                total += (uint64_t)count;
                if (total > limit) {
                        AUTO_FREE char *most = text_size(limit);
                        return error_set(err, ERROR_DAMAGED, "%s: larger than the allowed %s", path, most);
                }
                buffer_add(buffer, block, (size_t)count);
        }
}

bool file_next_data(int fd, off_t at, off_t size, off_t *begin, off_t *end)
{
        *begin = at;
        *end = size;
#ifdef __APPLE__
        (void)fd; // APFS may report a hole for data that is not on the disk yet, so the file is read as one piece
#else
        off_t data = lseek(fd, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
                return false;
        off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (hole >= 0) {
                // A file that grows while it is copied is copied at its original length.
                *begin = data < size ? data : size;
                *end = hole < size ? hole : size;
        }
#endif
        return at < size;
}

// Where the last data of the file ends; its size if there are too many holes to check them all.
static uint64_t data_end(int fd, off_t size)
{
        enum {
                MOST_HOLES = 64
        };
        off_t end = 0;
        off_t begin;
        for (int holes = 0; holes < MOST_HOLES; holes++) {
                off_t next;
                if (end == size || !file_next_data(fd, end, size, &begin, &next))
                        return (uint64_t)end;
                end = next;
        }
        return (uint64_t)size;
}

bool file_read_end(const char *path, uint64_t limit, struct buffer *buffer, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        if (fd < 0 || fstat(fd, &status) != 0)
                return error_system(err, "%s: cannot open", path);
        size_t size = (uint64_t)status.st_size < limit ? (size_t)status.st_size : (size_t)limit;
        AUTO_FREE uint8_t *end = memory_new(size, 1);
        ssize_t count = descriptor_read_at(fd, end, size, (uint64_t)status.st_size - size);
        if (count < 0)
                return error_system(err, "%s: cannot read", path);
        buffer_add(buffer, end, (size_t)count);
        return true;
}

bool file_map(const char *path, struct file_mapping *mapping, struct error *err)
{
        *mapping = (struct file_mapping){0};
        struct stat status;
        AUTO_CLOSE int fd = descriptor_open(path, &status, err);
        if (fd < 0 || status.st_size == 0)
                return fd >= 0;
        void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
                return error_system(err, "%s: cannot map", path);
        mapping->bytes = (struct bytes){data, (size_t)status.st_size};
        mapping->data_end = data_end(fd, status.st_size);
        return true;
}

void file_unmap(struct file_mapping *mapping)
{
        if (mapping->bytes.size)
                munmap((void *)(uintptr_t)mapping->bytes.data, mapping->bytes.size);
        *mapping = (struct file_mapping){0};
}

struct file_replacement {
        char *target;  // what is replaced, symbolic links resolved
        char *partial; // the temporary file beside it
        int fd;
        uint64_t at;   // length so far, holes included
        bool replaces; // a file that is there already, of this MODE
        mode_t mode;
};

static void replacement_free(struct file_replacement *replacement)
{
        if (replacement->fd >= 0)
                close(replacement->fd);
        free(replacement->target);
        free(replacement->partial);
        free(replacement);
}

// The target of a symbolic link that does not exist yet, freed with free(); NULL if PATH is not a link.
static char *link_target(const char *path)
{
        char target[PATH_MAX];
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0)
                return NULL;
        target[length] = '\0';
        if (target[0] == '/')
                return memory_text(target);
        AUTO_FREE char *copy = memory_text(path);
        return file_path(dirname(copy), target);
}

char *file_resolve(const char *path, struct error *err)
{
        enum {
                MOST_LINKS = 40
        };
        AUTO_FREE char *at = memory_text(path);
        for (int links = 0; links < MOST_LINKS; links++) {
                char *resolved = realpath(at, NULL);
                if (resolved)
                        return resolved;
                char *next = errno == ENOENT ? link_target(at) : NULL;
                if (!next)
                        break;
                free(at);
                at = next;
        }
        if (errno != ENOENT) {
                error_system(err, "%s: cannot find", path);
                return NULL;
        }
        AUTO_FREE char *for_folder = memory_text(at);
        AUTO_FREE char *for_name = memory_text(at);
        AUTO_FREE char *folder = realpath(dirname(for_folder), NULL);
        if (!folder) {
                error_system(err, "%s: its folder", path);
                return NULL;
        }
        return file_path(folder, basename(for_name));
}

static char *partial_path(const char *target)
{
        const char *name = strrchr(target, '/') + 1;
        return text_format("%.*s.%s.partial", (int)(name - target), target, name);
}

// Opens the temporary file and locks it, so that only one program replaces the file at a time. A file that a killed
// program left is reused. If its owner renamed it between open and lock, it is opened again.
static int open_partial(const char *partial, mode_t mode, struct error *err)
{
        for (;;) {
                AUTO_CLOSE int fd = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
                if (fd < 0) {
                        error_system(err, "%s: cannot create", partial);
                        return -1;
                }
                if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
                        error_set(err, ERROR_ENVIRONMENT, "%s: another program is writing this file", partial);
                        return -1;
                }
                if (!descriptor_is_at(fd, partial))
                        continue;
                if (ftruncate(fd, 0) != 0) {
                        error_system(err, "%s: cannot empty", partial);
                        unlink(partial);
                        return -1;
                }
                return DESCRIPTOR_TAKE(fd);
        }
}

// Keeps the file's owner if this user may give files away, and its group if the user is a member.
static void keep_owner(int fd, const struct stat *replaced)
{
        if (fchown(fd, replaced->st_uid, replaced->st_gid) == 0)
                return;
        int ignored = fchown(fd, (uid_t)-1, replaced->st_gid);
        (void)ignored;
}

struct file_replacement *file_replacement_begin(const char *path, mode_t mode, struct error *err)
{
        AUTO_FREE char *target = file_resolve(path, err);
        if (!target)
                return NULL;
        struct stat status;
        bool replaces = stat(target, &status) == 0;
        if (replaces && !S_ISREG(status.st_mode)) {
                error_set(err, ERROR_DAMAGED, "%s: not a regular file", path);
                return NULL;
        }
        AUTO_FREE char *partial = partial_path(target);
        // The old file's mode is set last: a killed program's copy of a read-only file must stay writable for the next
        // one.
        int fd = open_partial(partial, replaces ? S_IRUSR | S_IWUSR : mode, err);
        if (fd < 0)
                return NULL;
        struct file_replacement *replacement = memory_new(1, sizeof *replacement);
        *replacement = (struct file_replacement){
                .target = MEMORY_TAKE(target),
                .partial = MEMORY_TAKE(partial),
                .fd = fd,
                .replaces = replaces,
                .mode = replaces ? status.st_mode & NEW_FILE_BITS : mode,
        };
        if (replaces)
                keep_owner(fd, &status);
        return replacement;
}

const char *file_replacement_path(const struct file_replacement *replacement)
{
        return replacement->partial;
}

static bool write_data(struct file_replacement *replacement, struct bytes bytes, struct error *err)
{
        if (!descriptor_write_at(replacement->fd, bytes, replacement->at))
                return error_system(err, "%s: cannot write", replacement->target);
        replacement->at += bytes.size;
        return true;
}

bool file_replacement_skip(struct file_replacement *replacement, uint64_t size, struct error *err)
{
        bool fits = size <= INT64_MAX - replacement->at;
        errno = EFBIG;
        if (!fits || ftruncate(replacement->fd, (off_t)(replacement->at + size)) != 0)
                return error_system(err, "%s: cannot extend", replacement->target);
        replacement->at += size;
        return true;
}

bool file_replacement_write(struct file_replacement *replacement, struct bytes bytes, struct error *err)
{
        while (bytes.size) {
                size_t size = HOLE_BLOCK - replacement->at % HOLE_BLOCK;
                size = size < bytes.size ? size : bytes.size;
                struct bytes block = {bytes.data, size};
                bool zero = bytes_all(block, 0);
                while (block.size < bytes.size) {
                        size_t more = bytes.size - block.size < HOLE_BLOCK ? bytes.size - block.size : HOLE_BLOCK;
                        if (bytes_all((struct bytes){bytes.data + block.size, more}, 0) != zero)
                                break;
                        block.size += more;
                }
                if (!(zero ? file_replacement_skip(replacement, block.size, err) : write_data(replacement, block, err)))
                        return false;
                bytes = bytes_from(bytes, block.size);
        }
        return true;
}

static bool sync_folder_of(const char *path, struct error *err)
{
        AUTO_FREE char *copy = memory_text(path);
        return file_sync_path(dirname(copy)) || error_system(err, "%s: cannot sync its folder", path);
}

static bool commit(struct file_replacement **replacement, bool durably, struct error *err)
{
        const struct file_replacement *done = *replacement;
        if (done->replaces && fchmod(done->fd, done->mode) != 0) {
                error_system(err, "%s: cannot set the mode", done->partial);
                file_replacement_discard(replacement);
                return false;
        }
        if (durably && !file_sync(done->fd)) {
                error_system(err, "%s: cannot sync", done->target);
                file_replacement_discard(replacement);
                return false;
        }
        if (rename(done->partial, done->target) != 0) {
                error_system(err, "%s: cannot replace", done->target);
                file_replacement_discard(replacement);
                return false;
        }
        bool synced = !durably || sync_folder_of(done->target, err);
        replacement_free(*replacement);
        *replacement = NULL;
        return synced;
}

bool file_replacement_commit(struct file_replacement **replacement, struct error *err)
{
        return commit(replacement, true, err);
}

void file_replacement_discard(struct file_replacement **replacement)
{
        if (!*replacement)
                return;
        unlink((*replacement)->partial);
        replacement_free(*replacement);
        *replacement = NULL;
}

static bool replace(const char *path, mode_t mode, struct bytes bytes, bool durably, struct error *err)
{
        AUTO_REPLACEMENT struct file_replacement *replacement = file_replacement_begin(path, mode, err);
        return replacement && file_replacement_write(replacement, bytes, err) && commit(&replacement, durably, err);
}

bool file_replace(const char *path, mode_t mode, struct bytes bytes, struct error *err)
{
        return replace(path, mode, bytes, true, err);
}

bool file_replace_unsynced(const char *path, mode_t mode, struct bytes bytes, struct error *err)
{
        return replace(path, mode, bytes, false, err);
}

static bool copy_range(int fd, const char *source, off_t begin, off_t end, struct file_replacement *replacement,
                       struct error *err)
{
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        for (size_t size; begin < end; begin += (off_t)size) {
                size = end - begin < READ_BLOCK ? (size_t)(end - begin) : READ_BLOCK;
                if (!descriptor_read_whole(fd, source, block, size, (uint64_t)begin, err) ||
                    !file_replacement_write(replacement, (struct bytes){block, size}, err))
                        return false;
        }
        return true;
}

bool file_copy(const char *source, const char *target, mode_t mode, struct error *err)
{
        struct stat status;
        AUTO_CLOSE int fd = descriptor_open(source, &status, err);
        AUTO_REPLACEMENT struct file_replacement *replacement =
                fd < 0 ? NULL : file_replacement_begin(target, mode, err);
        if (!replacement)
                return false;
        off_t begin;
        off_t end = 0;
        while (file_next_data(fd, end, status.st_size, &begin, &end)) {
                if (!file_replacement_skip(replacement, (uint64_t)begin - replacement->at, err) ||
                    !copy_range(fd, source, begin, end, replacement, err))
                        return false;
        }
        return file_replacement_skip(replacement, (uint64_t)status.st_size - replacement->at, err) &&
               file_replacement_commit(&replacement, err);
}

bool file_make_folder(const char *path, mode_t mode, struct error *err)
{
        AUTO_FREE char *part = memory_text(path);
        for (char *slash = part + 1; *slash; slash++) {
                if (*slash != '/')
                        continue;
                *slash = '\0';
                if (mkdir(part, 0777) != 0 && errno != EEXIST)
                        return error_system(err, "%s: cannot create the folder", part);
                *slash = '/';
        }
        if (mkdir(part, mode) != 0 && errno != EEXIST)
                return error_system(err, "%s: cannot create the folder", part);
        struct stat status;
        if (stat(part, &status) != 0 || !S_ISDIR(status.st_mode))
                return error_set(err, ERROR_ENVIRONMENT, "%s: exists and is not a folder", part);
        return true;
}

static bool remove_entry(int folder, const char *name, const char *shown, struct error *err);

static bool remove_children(int folder, const char *name, const char *shown, struct error *err)
{
        int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        DIR *stream = fd < 0 ? NULL : fdopendir(fd);
        if (!stream) {
                if (fd >= 0)
                        close(fd);
                return error_system(err, "%s: cannot open", shown);
        }
        bool removed = true;
        for (const struct dirent *entry; removed && (entry = readdir(stream));) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                AUTO_FREE char *child = file_path(shown, entry->d_name);
                removed = remove_entry(dirfd(stream), entry->d_name, child, err);
        }
        closedir(stream);
        return removed;
}

static bool remove_entry(int folder, const char *name, const char *shown, struct error *err)
{
        struct stat status;
        if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
                return errno == ENOENT || error_system(err, "%s: cannot examine", shown);
        bool is_folder = S_ISDIR(status.st_mode);
        if (is_folder && !remove_children(folder, name, shown, err))
                return false;
        if (unlinkat(folder, name, is_folder ? AT_REMOVEDIR : 0) != 0 && errno != ENOENT)
                return error_system(err, "%s: cannot remove", shown);
        return true;
}

bool file_remove_tree(const char *path, struct error *err)
{
        return remove_entry(AT_FDCWD, path, path, err);
}

char *file_temporary_folder(struct error *err)
{
        const char *parent = getenv("TMPDIR");
        char *path = file_path(parent && *parent ? parent : "/tmp", "esxiarm-XXXXXX");
        if (mkdtemp(path))
                return path;
        error_system(err, "%s: cannot create a temporary folder", path);
        free(path);
        return NULL;
}
