// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/package-index.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/debian/version.h"

enum {
        READ_BLOCK = 1 << 16,   // bytes
        STANZA_LIMIT = 1 << 20, // bytes of one package's stanza
};

#define UNPACKED_LIMIT (UINT64_C(1) << 30) // bytes of a whole index

void indexed_package_free(struct indexed_package *package)
{
        free(package->version);
        free(package->path);
        *package = (struct indexed_package){0};
}

// ---- one stanza

// The fields used. The texts point into the stanza.
struct stanza {
        const char *package, *version, *path, *size, *sha256;
};

static const struct {
        const char *name;
        size_t offset;
} fields[] = {
        {"Package", offsetof(struct stanza, package)}, {"Version", offsetof(struct stanza, version)},
        {"Filename", offsetof(struct stanza, path)},   {"Size", offsetof(struct stanza, size)},
        {"SHA256", offsetof(struct stanza, sha256)},
};

// The value if LINE is "NAME: VALUE"; else NULL.
static const char *value_of(const char *line, const char *name)
{
        size_t length = strlen(name);
        if (strncmp(line, name, length) != 0 || line[length] != ':')
                return NULL;
        line += length + 1;
        return line + strspn(line, " \t");
}

// Splits TEXT in place.
static struct stanza stanza_of(char *text)
{
        struct stanza stanza = {0};
        char *next;
        for (char *line = text; line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
                        const char *value = value_of(line, fields[i].name);
                        if (value)
                                memcpy((char *)&stanza + fields[i].offset, &value, sizeof value);
                }
        }
        return stanza;
}

static bool is_path(const char *path)
{
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~:_/-";
        return *path && *path != '/' && !path[strspn(path, allowed)] && !strstr(path, "..");
}

static bool take_stanza(const struct stanza *stanza, struct indexed_package *package, struct error *err)
{
        struct indexed_package found = {0};
        const char *path = stanza->path;
        if (path && text_starts_with(path, "./"))
                path += 2;
        if (!path || !is_path(path) || !stanza->size || !text_parse_number(stanza->size, &found.size) || !found.size ||
            !stanza->sha256 || !digest_parse(stanza->sha256, &found.sha256))
                return error_set(err, ERROR_DAMAGED, "it has no valid Filename, Size and SHA256 for %s %s",
                                 stanza->package, stanza->version);
        indexed_package_free(package);
        found.version = memory_text(stanza->version);
        found.path = memory_text(path);
        *package = found;
        return true;
}

// ---- the stream

struct reading {
        const char *name, *version; // what is searched for
        struct indexed_package *package;
        struct text text; // the stanza so far
        bool skipping;    // the stanza is another package's: its rest is not kept
};

static bool is_wanted(const struct reading *reading, const struct stanza *stanza)
{
        if (!stanza->package || !stanza->version || strcmp(stanza->package, reading->name) != 0)
                return false;
        if (reading->version)
                return strcmp(stanza->version, reading->version) == 0;
        return !reading->package->version || deb_version_compare(stanza->version, reading->package->version) > 0;
}

static bool stanza_end(struct reading *reading, struct error *err)
{
        bool taken = true;
        if (reading->text.length) {
                struct stanza stanza = stanza_of(reading->text.data);
                taken = !is_wanted(reading, &stanza) || take_stanza(&stanza, reading->package, err);
        }
        text_clear(&reading->text);
        reading->skipping = false;
        return taken;
}

// A line without its end. Each stanza in an index begins with Package, so nearly all of the index is skipped.
static bool take_line(struct reading *reading, const char *line, size_t length, struct error *err)
{
        static const char start[] = "Package: ";
        if (!length)
                return stanza_end(reading, err);
        if (reading->skipping)
                return true;
        if (!reading->text.length && length > strlen(start) && strncmp(line, start, strlen(start)) == 0) {
                size_t name = strlen(reading->name);
                reading->skipping =
                        length - strlen(start) != name || strncmp(line + strlen(start), reading->name, name) != 0;
                if (reading->skipping)
                        return true;
        }
        text_add_span(&reading->text, line, length);
        text_add_char(&reading->text, '\n');
        return reading->text.length <= STANZA_LIMIT ||
               error_set(err, ERROR_DAMAGED, "the entry of one package is longer than 1 MiB");
}

// The bytes after the last line end are moved to the front of the block.
struct lines {
        char *data; // READ_BLOCK bytes
        size_t used;
};

static bool take_lines(struct lines *lines, struct reading *reading, struct error *err)
{
        size_t at = 0;
        const char *end;
        while ((end = memchr(lines->data + at, '\n', lines->used - at))) {
                size_t length = (size_t)(end - lines->data) - at;
                size_t shown = length && lines->data[at + length - 1] == '\r' ? length - 1 : length;
                if (!take_line(reading, lines->data + at, shown, err))
                        return false;
                at += length + 1;
        }
        if (!at && lines->used == READ_BLOCK) {
                // A line longer than a block is not a field that is used. Its beginning is enough to keep the stanza
                // together.
                if (!take_line(reading, " ", 1, err))
                        return false;
                at = lines->used - 1;
                lines->data[at] = ' ';
        }
        memmove(lines->data, lines->data + at, lines->used - at);
        lines->used -= at;
        return true;
}

static bool read_all(struct archive *archive, struct lines *lines, struct reading *reading, struct error *err)
{
        uint64_t unpacked = 0;
        la_ssize_t count;
        while ((count = archive_read_data(archive, lines->data + lines->used, READ_BLOCK - lines->used)) > 0) {
                lines->used += (size_t)count;
                unpacked += (uint64_t)count;
                if (unpacked > UNPACKED_LIMIT)
                        return error_set(err, ERROR_DAMAGED, "it unpacks to more than 1 GiB");
                if (!take_lines(lines, reading, err) || !interrupt_check(err))
                        return false;
        }
        if (count < 0)
                return error_set(err, ERROR_DAMAGED, "it is damaged or cut off");
        return (!lines->used || take_line(reading, lines->data, lines->used, err)) && stanza_end(reading, err);
}

// ARCHIVE_OK, ARCHIVE_EOF if the index is empty, or another libarchive status.
static int open_index(struct archive *archive, const char *path)
{
        struct archive_entry *entry;
        archive_read_support_filter_xz(archive);
        archive_read_support_filter_gzip(archive);
        archive_read_support_format_raw(archive);
        archive_read_support_format_empty(archive);
        int status = archive_read_open_filename(archive, path, READ_BLOCK);
        return status == ARCHIVE_OK ? archive_read_next_header(archive, &entry) : status;
}

bool package_index_find(const char *path, const char *name, const char *version, struct indexed_package *package,
                        struct error *err)
{
        *package = (struct indexed_package){0};
        AUTO_FREE char *block = memory_new(READ_BLOCK, 1);
        struct lines lines = {.data = block};
        struct reading reading = {.name = name, .version = version, .package = package};
        struct archive *archive = archive_read_new();
        int status = open_index(archive, path);
        bool read = status == ARCHIVE_EOF || (status == ARCHIVE_OK && read_all(archive, &lines, &reading, err));
        if (status != ARCHIVE_EOF && status != ARCHIVE_OK)
                error_set(err, ERROR_DAMAGED, "it is damaged or cut off: %s", archive_error_string(archive));
        archive_read_free(archive);
        text_free(&reading.text);
        if (!read)
                indexed_package_free(package);
        return read;
}
