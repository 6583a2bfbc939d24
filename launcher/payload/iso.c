// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/iso.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        READ_BLOCK = 1 << 20,      // bytes
        DESCRIPTORS_AT = 16 << 11, // bytes: sector 16 of 2048
        DESCRIPTOR_SIZE = 2048,
        PRIMARY = 1,
        MOST_ENTRIES = 20000, // an ESXi disc has about 200
};

static const char standard_identifier[] = {'C', 'D', '0', '0', '1'};

// ---- the primary volume descriptor

// Reads the sector of the first volume descriptor (SIZE bytes of it) and the length of the file.
static bool read_descriptor(const char *path, uint8_t *sector, size_t *size, uint64_t *length, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        struct stat status;
        if (fd < 0)
                return error_system(err, "cannot open %s", path);
        if (fstat(fd, &status) != 0)
                return error_system(err, "%s: cannot examine", path);
        if (!S_ISREG(status.st_mode))
                return error_set(err, ERROR_DAMAGED, "%s is not a regular file", path);
        ssize_t count = descriptor_read_at(fd, sector, DESCRIPTOR_SIZE, DESCRIPTORS_AT);
        if (count < 0)
                return error_system(err, "%s: cannot read", path);
        *size = (size_t)count;
        *length = (uint64_t)status.st_size;
        return true;
}

bool iso_probe(const char *path, bool *is_iso, struct error *err)
{
        uint8_t sector[DESCRIPTOR_SIZE];
        size_t size = 0;
        uint64_t length = 0;
        if (!read_descriptor(path, sector, &size, &length, err))
                return false;
        *is_iso = size > sizeof standard_identifier &&
                  memcmp(sector + 1, standard_identifier, sizeof standard_identifier) == 0;
        return true;
}

// Checks that the file is as long as the volume, so that an incomplete download is found before anything is read.
static bool check_length(const char *path, uint64_t *length, struct error *err)
{
        uint8_t sector[DESCRIPTOR_SIZE];
        size_t size = 0;
        if (!read_descriptor(path, sector, &size, length, err))
                return false;
        struct cursor cursor = cursor_at((struct bytes){sector, size}, 0);
        uint8_t type = cursor_u8(&cursor);
        cursor = cursor_at((struct bytes){sector, size}, 80);
        uint64_t blocks = cursor_u32(&cursor);
        cursor = cursor_at((struct bytes){sector, size}, 128);
        uint64_t block_size = cursor_u16(&cursor);
        if (!cursor_ok(&cursor, "its volume descriptor", err))
                return error_wrap(err, "%s", path);
        if (type == PRIMARY && blocks * block_size > *length)
                return error_set(err, ERROR_DAMAGED,
                                 "%s is cut off: it has %" PRIu64 " of %" PRIu64 " bytes; download it again", path,
                                 *length, blocks * block_size);
        return true;
}

// ---- entries

struct iso {
        const char *path;
        uint64_t length; // of the whole file, in bytes
        struct archive *archive;
        size_t entries;
};

static bool damaged(const struct iso *iso, const char *what, struct error *err)
{
        const char *why = archive_error_string(iso->archive);
        return error_set(err, ERROR_DAMAGED, "%s is damaged: %s: %s; download it again", iso->path, what,
                         why ? why : "not readable");
}

static void iso_close(struct iso *iso)
{
        archive_read_free(iso->archive);
        iso->archive = NULL;
}
#define AUTO_ISO __attribute__((cleanup(iso_close)))

static bool iso_open(struct iso *iso, const char *path, struct error *err)
{
        *iso = (struct iso){.path = path};
        if (!check_length(path, &iso->length, err))
                return false;
        iso->archive = archive_read_new();
        archive_read_support_format_iso9660(iso->archive);
        if (archive_read_open_filename(iso->archive, path, READ_BLOCK) != ARCHIVE_OK)
                return damaged(iso, "it cannot be opened", err);
        return true;
}

// The next entry; NULL at the end.
static bool iso_next(struct iso *iso, struct archive_entry **entry, struct error *err)
{
        *entry = NULL;
        if (!interrupt_check(err))
                return false;
        int code = archive_read_next_header(iso->archive, entry);
        if (code == ARCHIVE_EOF) {
                *entry = NULL;
                return true;
        }
        // A warning is about a name or an attribute; the ones that matter are checked below.
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
                return damaged(iso, "its folders", err);
        if (++iso->entries > MOST_ENTRIES)
                return error_set(err, ERROR_DAMAGED, "%s is not an ESXi installer: it has more than %d files",
                                 iso->path, MOST_ENTRIES);
        return true;
}

static const char *path_of(struct archive_entry *entry)
{
        const char *path = archive_entry_pathname_utf8(entry);
        return path ? path : archive_entry_pathname(entry);
}

static const char *link_of(struct archive_entry *entry)
{
        const char *path = archive_entry_hardlink_utf8(entry);
        return path ? path : archive_entry_hardlink(entry);
}

// ---- listing

static const char *kind_of(struct archive_entry *entry)
{
        return archive_entry_filetype(entry) == AE_IFLNK ? "a symbolic link" : "neither a file nor a folder";
}

static bool list_entry(const struct iso *iso, struct archive_entry *entry, struct file_list *list, struct error *err)
{
        const char *path = path_of(entry);
        const char *link = link_of(entry);
        if (!path) {
                file_list_problem(list, "it has a file whose name cannot be read");
                return true;
        }
        AUTO_FREE char *shown = text_printable(path, strlen(path), false);
        if (archive_entry_filetype(entry) == AE_IFDIR)
                return true;
        if (archive_entry_filetype(entry) != AE_IFREG && !link) {
                file_list_problem(list, "its '%s' is %s", shown, kind_of(entry));
                return true;
        }
        uint64_t size = link ? 0 : (uint64_t)archive_entry_size(entry);
        if (size > iso->length)
                return error_set(err, ERROR_DAMAGED,
                                 "%s is damaged: its file '%s' has a size of %" PRIu64
                                 " bytes, but the disc has only %" PRIu64,
                                 iso->path, shown, size, iso->length);
        file_list_add(list, path, path, link, size);
        return true;
}

// Overlapping files could make a small disc a large payload.
static void check_total(const struct iso *iso, struct file_list *list)
{
        uint64_t total = 0;
        for (size_t i = 0; i < list->count; i++)
                total += list->files[i].same_as ? 0 : list->files[i].size;
        if (total > iso->length)
                file_list_problem(list, "its files together are larger than the disc");
}

bool iso_list(const char *path, struct file_list *list, struct error *err)
{
        AUTO_ISO struct iso iso = {0};
        struct archive_entry *entry;
        if (!iso_open(&iso, path, err))
                return false;
        for (;;) {
                if (!iso_next(&iso, &entry, err))
                        return false;
                if (!entry)
                        break;
                if (!list_entry(&iso, entry, list, err))
                        return false;
        }
        file_list_finish(list);
        check_total(&iso, list);
        return true;
}

// ---- reading

// The entry's name in the list; NULL if it is not a file with content of its own.
static char *content_name(struct archive_entry *entry)
{
        const char *path = path_of(entry);
        if (!path || archive_entry_filetype(entry) != AE_IFREG || link_of(entry))
                return NULL;
        return file_list_name(path);
}

static bool read_content(const struct iso *iso, const char *name, uint64_t limit, struct buffer *buffer,
                         struct error *err)
{
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        la_ssize_t count;
        while ((count = archive_read_data(iso->archive, block, READ_BLOCK)) > 0) {
                if (buffer->size + (uint64_t)count > limit)
                        return error_set(err, ERROR_DAMAGED, "%s: %s has more than %" PRIu64 " bytes", iso->path, name,
                                         limit);
                buffer_add(buffer, block, (size_t)count);
        }
        return count == 0 || damaged(iso, name, err);
}

bool iso_read(const char *path, const struct listed_file *file, uint64_t limit, struct buffer *buffer,
              struct error *err)
{
        AUTO_ISO struct iso iso = {0};
        struct archive_entry *entry;
        const char *wanted = file->same_as ? file->same_as : file->name;
        if (!iso_open(&iso, path, err))
                return false;
        for (;;) {
                if (!iso_next(&iso, &entry, err))
                        return false;
                if (!entry)
                        return error_set(err, ERROR_DAMAGED, "%s changed while it was being read", path);
                AUTO_FREE char *name = content_name(entry);
                if (name && strcmp(name, wanted) == 0)
                        return read_content(&iso, wanted, limit, buffer, err);
        }
}

// ---- extracting

struct extraction {
        struct iso *iso;
        const struct file_list *list;
        const char *folder;
        struct progress *progress;
        uint64_t done;  // bytes
        uint8_t *block; // of READ_BLOCK bytes
};

static bool make_folder_of(const char *path, struct error *err)
{
        AUTO_FREE char *copy = memory_text(path);
        return file_make_folder(dirname(copy), 0777, err);
}

static bool copy_content(struct extraction *extraction, int fd, const char *path, const struct listed_file *file,
                         struct error *err)
{
        uint64_t size = 0;
        la_ssize_t count;
        while ((count = archive_read_data(extraction->iso->archive, extraction->block, READ_BLOCK)) > 0) {
                if (!descriptor_write(fd, (struct bytes){extraction->block, (size_t)count}))
                        return error_system(err, "%s: cannot write", path);
                if (!interrupt_check(err))
                        return false;
                size += (uint64_t)count;
                progress_update(extraction->progress, extraction->done + size);
        }
        extraction->done += size;
        if (count < 0)
                return damaged(extraction->iso, file->name, err);
        return size == file->size || error_set(err, ERROR_DAMAGED, "%s is damaged: %s is cut off; download it again",
                                               extraction->iso->path, file->name);
}

static bool extract_entry(struct extraction *extraction, const struct listed_file *file, struct error *err)
{
        AUTO_FREE char *path = file_path(extraction->folder, file->name);
        if (!make_folder_of(path, err))
                return false;
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0)
                return error_system(err, "%s: cannot create", path);
        return copy_content(extraction, fd, path, file, err);
}

static bool extract_contents(struct extraction *extraction, struct error *err)
{
        struct archive_entry *entry;
        for (;;) {
                if (!iso_next(extraction->iso, &entry, err))
                        return false;
                if (!entry)
                        return true;
                AUTO_FREE char *name = content_name(entry);
                const struct listed_file *file = name ? file_list_find(extraction->list, name) : NULL;
                if (file && !extract_entry(extraction, file, err))
                        return false;
        }
}

// Copies files that share their content.
static bool extract_links(const struct extraction *extraction, struct error *err)
{
        for (size_t i = 0; i < extraction->list->count; i++) {
                const struct listed_file *file = &extraction->list->files[i];
                if (!file->same_as)
                        continue;
                AUTO_FREE char *path = file_path(extraction->folder, file->name);
                AUTO_FREE char *same = file_path(extraction->folder, file->same_as);
                if (!make_folder_of(path, err) || !file_copy(same, path, 0666, err))
                        return false;
        }
        return true;
}

bool iso_extract(const char *path, const struct file_list *list, const char *folder, struct progress *progress,
                 struct error *err)
{
        AUTO_ISO struct iso iso = {0};
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        struct extraction extraction = {
                .iso = &iso, .list = list, .folder = folder, .progress = progress, .block = block};
        return iso_open(&iso, path, err) && extract_contents(&extraction, err) && extract_links(&extraction, err);
}
