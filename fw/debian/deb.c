// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/deb.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"

enum {
        READ_BLOCK = 1 << 16,    // bytes
        CONTROL_LIMIT = 1 << 20, // bytes of a control file
        MOST_ENTRIES = 20000,    // of a package
        MOST_LINKS = 32,         // followed for one file
        MOST_FILES = 64,         // wanted at once
        MOST_SPARES = 16,        // unpacked because a link may lead to them
};

#define FILE_LIMIT     (UINT64_C(256) << 20) // bytes of a wanted file: a flash bank has 64 MiB
#define UNPACKED_LIMIT (UINT64_C(1) << 30)   // bytes of a whole package

// The part of a gzip stream that libarchive does not check: the CRC-32 and the length at its end. Source: RFC 1952,
// 2.3.
struct gzip_check {
        bool is_gzip;
        bool begun;
        uint8_t tail[8]; // the last bytes of the stream so far
        uint32_t table[256];
        uint32_t crc;
        uint32_t length; // modulo 2^32
};

static void gzip_check_begin(struct gzip_check *check, struct bytes packed)
{
        check->begun = true;
        check->is_gzip = packed.size >= 2 && packed.data[0] == 0x1F && packed.data[1] == 0x8B;
        check->crc = UINT32_MAX;
        for (uint32_t i = 0; i < 256; i++) {
                uint32_t value = i;
                for (int bit = 0; bit < 8; bit++)
                        value = value & 1 ? UINT32_C(0xEDB88320) ^ value >> 1 : value >> 1;
                check->table[i] = value;
        }
}

static void gzip_check_packed(struct gzip_check *check, struct bytes packed)
{
        if (!check->begun && packed.size)
                gzip_check_begin(check, packed);
        size_t kept = packed.size < sizeof check->tail ? sizeof check->tail - packed.size : 0;
        memmove(check->tail, check->tail + sizeof check->tail - kept, kept);
        struct bytes last = bytes_from(packed, packed.size - (sizeof check->tail - kept));
        memcpy(check->tail + kept, last.data, last.size);
}

static void gzip_check_unpacked(struct gzip_check *check, struct bytes unpacked)
{
        if (!check->is_gzip)
                return;
        check->length += (uint32_t)unpacked.size;
        for (size_t i = 0; i < unpacked.size; i++)
                check->crc = check->table[(check->crc ^ unpacked.data[i]) & 0xFF] ^ check->crc >> 8;
}

static bool gzip_check_end(const struct gzip_check *check)
{
        struct cursor tail = cursor_at((struct bytes){check->tail, sizeof check->tail}, 0);
        uint32_t crc = cursor_u32(&tail);
        uint32_t length = cursor_u32(&tail);
        return !check->is_gzip || (crc == (check->crc ^ UINT32_MAX) && length == check->length);
}

// A tar inside a package, opened as three archives, each of which reads from the one before: the `ar`, the compressed
// stream, and the tar. The stream is separate from the tar so that its unpacked bytes can be counted and it can be read
// to its end, where the checksums are.
struct member {
        const char *path; // of the package
        int fd;
        struct archive *package, *stream, *tar;
        uint64_t unpacked;    // bytes out of STREAM so far
        uint8_t *block;       // READ_BLOCK bytes out of STREAM
        struct error *err;    // filled by a callback that ends the reading
        bool failed;          // whether one did
        uint64_t packed_size; // of the package, for the progress
        struct gzip_check gzip;
};

// Closes the tar, but not the package.
static void member_leave(struct member *member)
{
        archive_read_free(member->tar);
        archive_read_free(member->stream);
        member->tar = member->stream = NULL;
        member->gzip = (struct gzip_check){0};
}

static void member_close(struct member *member)
{
        member_leave(member);
        archive_read_free(member->package);
        memory_close_descriptor(&member->fd);
        free(member->block);
}

static bool damaged(struct member *member, struct archive *archive, const char *what, struct error *err)
{
        if (member->failed)
                return false;
        if (archive_errno(archive) == ENOMEM)
                return error_set(err, ERROR_ENVIRONMENT, "%s: %s: not enough memory to unpack it", member->path, what);
        const char *says = archive_error_string(archive);
        AUTO_FREE char *shown = says ? text_printable(says, strlen(says), false) : memory_text("damaged");
        return error_set(err, ERROR_DAMAGED, "%s: %s: %s; the file is damaged or cut off", member->path, what, shown);
}

// libarchive's read callback of STREAM: bytes of the `ar` member.
static la_ssize_t read_package(struct archive *stream, void *context, const void **data)
{
        struct member *member = context;
        size_t size = 0;
        la_int64_t offset;
        int status = archive_read_data_block(member->package, data, &size, &offset);
        if (status == ARCHIVE_EOF)
                return 0;
        if (status == ARCHIVE_OK) {
                gzip_check_packed(&member->gzip, (struct bytes){*data, size});
                return (la_ssize_t)size;
        }
        archive_set_error(stream, archive_errno(member->package), "%s", archive_error_string(member->package));
        return -1;
}

static bool check_unpacked(struct member *member)
{
        if (!interrupt_check(member->err))
                return false;
        if (member->unpacked <= UNPACKED_LIMIT)
                return true;
        AUTO_FREE char *most = text_size(UNPACKED_LIMIT);
        return error_set(member->err, ERROR_DAMAGED, "%s: unpacks to more than %s: refused", member->path, most);
}

// The same for TAR: unpacked bytes.
static la_ssize_t read_stream(struct archive *tar, void *context, const void **data)
{
        struct member *member = context;
        la_ssize_t count = archive_read_data(member->stream, member->block, READ_BLOCK);
        if (count < 0) {
                const char *says = archive_error_string(member->stream);
                archive_set_error(tar, archive_errno(member->stream), "%s", says ? says : "damaged");
                return -1;
        }
        gzip_check_unpacked(&member->gzip, (struct bytes){member->block, (size_t)count});
        member->unpacked += (uint64_t)count;
        member->failed = !check_unpacked(member);
        *data = member->block;
        return member->failed ? -1 : count;
}

static bool package_open(struct member *member, struct error *err)
{
        member->fd = open(member->path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        if (member->fd < 0 || fstat(member->fd, &status) != 0)
                return error_system(err, "%s: cannot open", member->path);
        if (!S_ISREG(status.st_mode))
                return error_set(err, ERROR_DAMAGED, "%s: not a regular file", member->path);
        member->packed_size = (uint64_t)status.st_size;
        member->package = archive_read_new();
        archive_read_support_format_ar(member->package);
        struct archive_entry *entry;
        char version[2];
        if (archive_read_open_fd(member->package, member->fd, READ_BLOCK) != ARCHIVE_OK ||
            archive_read_next_header(member->package, &entry) != ARCHIVE_OK ||
            strcmp(archive_entry_pathname(entry), "debian-binary") != 0)
                return error_set(err, ERROR_DAMAGED, "%s: not a Debian package", member->path);
        if (archive_read_data(member->package, version, sizeof version) != sizeof version ||
            memcmp(version, "2.", sizeof version) != 0)
                return error_set(err, ERROR_DAMAGED, "%s: not a Debian package of format 2", member->path);
        return true;
}

// Goes to the member whose name begins with PREFIX.
static bool package_find(struct member *member, const char *prefix, struct error *err)
{
        struct archive_entry *entry;
        int status;
        while ((status = archive_read_next_header(member->package, &entry)) == ARCHIVE_OK) {
                if (text_starts_with(archive_entry_pathname(entry), prefix))
                        return true;
        }
        if (status != ARCHIVE_EOF)
                return damaged(member, member->package, prefix, err);
        return error_set(err, ERROR_DAMAGED, "%s: has no %s; the file is cut off, or not a Debian package",
                         member->path, prefix);
}

// Opens the tar whose member name begins with PREFIX ("data.tar"), which must follow those opened before.
static bool member_enter(struct member *member, const char *prefix, struct error *err)
{
        member_leave(member);
        if (!package_find(member, prefix, err))
                return false;
        member->stream = archive_read_new();
        archive_read_support_filter_xz(member->stream);
        archive_read_support_filter_lzma(member->stream);
        archive_read_support_filter_zstd(member->stream);
        archive_read_support_filter_gzip(member->stream);
        archive_read_support_format_raw(member->stream);
        struct archive_entry *entry;
        if (archive_read_open(member->stream, member, NULL, read_package, NULL) != ARCHIVE_OK ||
            archive_read_next_header(member->stream, &entry) != ARCHIVE_OK)
                return damaged(member, member->stream, prefix, err);
        member->tar = archive_read_new();
        archive_read_support_format_tar(member->tar);
        if (archive_read_open(member->tar, member, NULL, read_stream, NULL) != ARCHIVE_OK)
                return damaged(member, member->tar, prefix, err);
        return true;
}

// Opens the package at PATH. Close MEMBER, also on failure.
static bool member_open(struct member *member, const char *path, struct error *err)
{
        *member = (struct member){.path = path, .fd = -1, .err = err, .block = memory_new(READ_BLOCK, 1)};
        return package_open(member, err);
}

// The next entry; *ENTRY is NULL at the end.
static bool member_next(struct member *member, struct archive_entry **entry, struct error *err)
{
        int status = archive_read_next_header(member->tar, entry);
        if (status == ARCHIVE_EOF) {
                *entry = NULL;
                return true;
        }
        // Warnings are about names in another character set or times out of range, which do not matter here.
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
                return damaged(member, member->tar, "a tar in it", err);
        if (!archive_entry_pathname(*entry))
                return error_set(err, ERROR_DAMAGED, "%s: has an entry without a name", member->path);
        return true;
}

// Reads what follows the last entry, so that the checksums of the compression and the length of the package are
// checked.
static bool member_finish(struct member *member, struct error *err)
{
        la_ssize_t count;
        while ((count = archive_read_data(member->stream, member->block, READ_BLOCK)) > 0) {
                gzip_check_unpacked(&member->gzip, (struct bytes){member->block, (size_t)count});
                member->unpacked += (uint64_t)count;
                if (!check_unpacked(member))
                        return false;
        }
        if (count < 0)
                return damaged(member, member->stream, "a tar in it", err);
        if (!gzip_check_end(&member->gzip))
                return error_set(err, ERROR_DAMAGED, "%s: the checksum of a tar in it is wrong; the file is damaged",
                                 member->path);
        struct archive_entry *entry;
        if (archive_read_data_skip(member->package) != ARCHIVE_OK ||
            archive_read_next_header(member->package, &entry) < ARCHIVE_OK)
                return damaged(member, member->package, "the package", err);
        return true;
}

// ---- names

// NAME as a path from the package's root, without "./", "//" and a final "/"; freed with free(). NULL if it is absolute
// or has a "..".
static char *plain_name(const char *name)
{
        struct text plain = {0};
        if (*name == '/')
                return NULL;
        while (*name) {
                size_t length = strcspn(name, "/");
                if (length == 2 && name[0] == '.' && name[1] == '.') {
                        text_free(&plain);
                        return NULL;
                }
                if (length && !(length == 1 && *name == '.')) {
                        if (plain.length)
                                text_add_char(&plain, '/');
                        text_add_span(&plain, name, length);
                }
                name += length + (name[length] == '/');
        }
        text_add(&plain, "");
        return text_take(&plain);
}

// The entries of a package, without their contents.
struct content {
        struct content_entry {
                char *name;
                char *link; // its target; NULL if it is not a link. From the root if it begins with "/"
                bool regular;
        } * entries;
        size_t count, capacity;
};

static void content_free(struct content *content)
{
        for (size_t i = 0; i < content->count; i++) {
                free(content->entries[i].name);
                free(content->entries[i].link);
        }
        free(content->entries);
}

static const struct content_entry *content_find(const struct content *content, const char *name)
{
        for (size_t i = 0; i < content->count; i++) {
                if (strcmp(content->entries[i].name, name) == 0)
                        return &content->entries[i];
        }
        return NULL;
}

static bool bad_name(const struct member *member, const char *what, const char *name, struct error *err)
{
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        return error_set(err, ERROR_DAMAGED, "%s: %s '%s', which leads out of the package: refused", member->path, what,
                         shown);
}

// NULL if the package is refused for it.
static const struct content_entry *content_add(struct content *content, const struct member *member,
                                               struct archive_entry *entry, struct error *err)
{
        if (content->count == MOST_ENTRIES) {
                error_set(err, ERROR_DAMAGED, "%s: has more than %d files: refused", member->path, MOST_ENTRIES);
                return NULL;
        }
        const char *given = archive_entry_pathname(entry);
        AUTO_FREE char *name = plain_name(given);
        if (!name) {
                bad_name(member, "has the name", given, err);
                return NULL;
        }
        const char *symlink = archive_entry_symlink(entry);
        const char *hardlink = archive_entry_hardlink(entry);
        AUTO_FREE char *linked = hardlink ? plain_name(hardlink) : NULL;
        if (hardlink && !linked) {
                bad_name(member, "has a hard link to", hardlink, err);
                return NULL;
        }
        if (content->count == content->capacity) {
                content->capacity = content->capacity ? 2 * content->capacity : 64;
                content->entries = memory_resize(content->entries, content->capacity, sizeof *content->entries);
        }
        struct content_entry *added = &content->entries[content->count++];
        *added = (struct content_entry){
                .name = MEMORY_TAKE(name),
                .link = linked    ? text_format("/%s", linked)
                        : symlink ? memory_text(symlink)
                                  : NULL,
                .regular = !symlink && !hardlink && archive_entry_filetype(entry) == AE_IFREG,
        };
        return added;
}

static void drop_last(struct text *path)
{
        const char *slash = path->length ? strrchr(path->data, '/') : NULL;
        AUTO_FREE char *rest = slash ? text_format("%.*s", (int)(slash - path->data), path->data) : NULL;
        text_clear(path);
        if (rest)
                text_add(path, rest);
}

// NAME with all links resolved, as on a system whose root is the package; freed with free(). NULL if they lead out of
// it or in a circle.
static char *content_resolve(const struct content *content, const char *path, const char *name, struct error *err)
{
        AUTO_TEXT struct text resolved = {0};
        AUTO_FREE char *pending = memory_text(name);
        int links = 0;
        while (*pending) {
                size_t length = strcspn(pending, "/");
                AUTO_FREE char *part = text_format("%.*s", (int)length, pending);
                AUTO_FREE char *rest = memory_text(pending + length + (pending[length] == '/'));
                free(pending);
                pending = MEMORY_TAKE(rest);
                if (!*part || strcmp(part, ".") == 0)
                        continue;
                if (strcmp(part, "..") == 0) {
                        if (!resolved.length) {
                                error_set(err, ERROR_DAMAGED, "%s: %s is a link that leads out of the package: refused",
                                          path, name);
                                return NULL;
                        }
                        drop_last(&resolved);
                        continue;
                }
                AUTO_FREE char *here = text_format("%s%s%s", text_string(&resolved), resolved.length ? "/" : "", part);
                const struct content_entry *entry = content_find(content, here);
                if (!entry || !entry->link) {
                        text_clear(&resolved);
                        text_add(&resolved, here);
                        continue;
                }
                if (++links > MOST_LINKS) {
                        error_set(err, ERROR_DAMAGED, "%s: %s is a link that leads in a circle: refused", path, name);
                        return NULL;
                }
                if (*entry->link == '/')
                        text_clear(&resolved);
                char *onward = text_format("%s/%s", entry->link, pending);
                free(pending);
                pending = onward;
        }
        return memory_text(text_string(&resolved));
}

// ---- the control file

void deb_control_free(struct deb_control *control)
{
        free(control->package);
        free(control->version);
        free(control->architecture);
        *control = (struct deb_control){0};
}

// The fields that are read, and the characters that deb-control(5) and deb-version(7) allow in them.
static const struct {
        const char *name;
        size_t offset;
        const char *characters;
} fields[] = {
        {"Package", offsetof(struct deb_control, package), "+-."},
        {"Version", offsetof(struct deb_control, version), "+-.:~"},
        {"Architecture", offsetof(struct deb_control, architecture), "-"},
};

static bool is_letter_or_digit(char character)
{
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9');
}

static bool is_field_value(const char *value, const char *characters)
{
        if (!is_letter_or_digit(*value) || strlen(value) > 128)
                return false;
        while (is_letter_or_digit(*value) || (*value && strchr(characters, *value)))
                value++;
        return !*value;
}

// The value of FIELD in the control file TEXT, freed with free(); NULL if it is not there.
static char *field_value(const char *text, const char *field)
{
        AUTO_FREE char *start = text_format("%s:", field);
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (!text_starts_with(line, start))
                        continue;
                const char *value = line + strlen(start);
                value += strspn(value, " \t");
                return text_format("%.*s", (int)strcspn(value, " \t\r\n"), value);
        }
        return NULL;
}

static bool control_parse(const char *path, const char *text, struct deb_control *control, struct error *err)
{
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
                AUTO_FREE char *value = field_value(text, fields[i].name);
                if (!value || !is_field_value(value, fields[i].characters)) {
                        deb_control_free(control);
                        return error_set(err, ERROR_DAMAGED, "%s: its control file has no valid field %s", path,
                                         fields[i].name);
                }
                char *kept = MEMORY_TAKE(value);
                memcpy((char *)control + fields[i].offset, &kept, sizeof kept);
        }
        return true;
}

// Reads the current entry of MEMBER.
static bool control_collect(struct member *member, struct text *text, struct error *err)
{
        char block[4096];
        la_ssize_t count;
        while ((count = archive_read_data(member->tar, block, sizeof block)) > 0) {
                if (text->length + (size_t)count > CONTROL_LIMIT || memchr(block, 0, (size_t)count))
                        return error_set(err, ERROR_DAMAGED, "%s: its control file is invalid", member->path);
                text_add_span(text, block, (size_t)count);
        }
        return count == 0 || damaged(member, member->tar, "its control file", err);
}

static bool control_find(struct member *member, struct text *text, struct error *err)
{
        struct archive_entry *entry;
        for (;;) {
                if (!member_next(member, &entry, err))
                        return false;
                if (!entry)
                        return error_set(err, ERROR_DAMAGED, "%s: has no control file", member->path);
                AUTO_FREE char *name = plain_name(archive_entry_pathname(entry));
                if (name && strcmp(name, "control") == 0)
                        return control_collect(member, text, err);
        }
}

// Reads the control file of a package that was just opened.
static bool control_read(struct member *member, struct deb_control *control, struct error *err)
{
        AUTO_TEXT struct text text = {0};
        return member_enter(member, "control.tar", err) && control_find(member, &text, err) &&
               control_parse(member->path, text_string(&text), control, err);
}

bool deb_read_control(const char *path, struct deb_control *control, struct error *err)
{
        *control = (struct deb_control){0};
        struct member member;
        bool read = member_open(&member, path, err) && control_read(&member, control, err);
        member_close(&member);
        return read;
}

// ---- unpacking

// One wanted file while the package is read. It replaces its target when the whole package has been read.
struct unpacking {
        char *real_name; // where the file is in the package; NULL if not found
        bool written;
        struct file_replacement *replacement;
        struct digest_stream *digest;
};

static void unpacking_free(struct unpacking *unpacking)
{
        free(unpacking->real_name);
        file_replacement_discard(&unpacking->replacement);
        digest_discard(&unpacking->digest);
}

static const char *wanted_name(const struct content *content, const struct deb_file *file)
{
        bool is_missing = !content_find(content, file->name);
        return is_missing && file->otherwise && content_find(content, file->otherwise) ? file->otherwise : file->name;
}

static bool unpacking_find(const struct content *content, const char *path, const struct deb_file *file,
                           struct unpacking *unpacking, struct error *err)
{
        AUTO_FREE char *real_name = content_resolve(content, path, wanted_name(content, file), err);
        if (!real_name)
                return false;
        const struct content_entry *entry = content_find(content, real_name);
        if (entry && !entry->regular)
                return error_set(err, ERROR_DAMAGED, "%s: %s in it is not a regular file", path, file->name);
        if (entry) {
                unpacking->real_name = MEMORY_TAKE(real_name);
                return true;
        }
        if (strcmp(real_name, file->name) == 0 && file->optional)
                return true;
        error_set(err, ERROR_DAMAGED, "%s: has no %s", path, file->name);
        AUTO_FREE char *shown = text_printable(real_name, strlen(real_name), false);
        return strcmp(real_name, file->name) == 0 ? false : error_append(err, ", which links to %s there", shown);
}

static bool unpack_begin(struct unpacking *unpacking, const struct deb_file *file, const struct member *member,
                         int64_t size, struct error *err)
{
        if (unpacking->written)
                return error_set(err, ERROR_DAMAGED, "%s: has %s more than once", member->path, unpacking->real_name);
        if (size < 0 || (uint64_t)size > FILE_LIMIT) {
                AUTO_FREE char *most = text_size(FILE_LIMIT);
                return error_set(err, ERROR_DAMAGED, "%s: %s in it has %" PRId64 " bytes, more than the %s allowed",
                                 member->path, file->name, size, most);
        }
        unpacking->written = true;
        unpacking->digest = digest_begin();
        unpacking->replacement = file_replacement_begin(file->target, 0644, err);
        return unpacking->replacement != NULL;
}

static bool unpack_end(struct unpacking *unpacking, struct deb_file *file, uint64_t size, struct error *err)
{
        file->found = true;
        file->size = size;
        return digest_end(&unpacking->digest, &file->sha256, err);
}

// Writes the current entry of MEMBER to its COUNT files.
static bool unpack_entry(struct member *member, struct deb_file *const *files, struct unpacking *const *unpackings,
                         size_t count, uint64_t expected, struct error *err)
{
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        uint64_t total = 0;
        la_ssize_t got;
        while ((got = archive_read_data(member->tar, block, READ_BLOCK)) > 0) {
                struct bytes bytes = {block, (size_t)got};
                total += bytes.size;
                for (size_t i = 0; i < count; i++) {
                        digest_add(unpackings[i]->digest, bytes);
                        if (!file_replacement_write(unpackings[i]->replacement, bytes, err))
                                return false;
                }
        }
        if (got < 0)
                return damaged(member, member->tar, files[0]->name, err);
        if (total != expected)
                return error_set(err, ERROR_DAMAGED, "%s: %s in it is cut off", member->path, files[0]->name);
        for (size_t i = 0; i < count; i++) {
                if (!unpack_end(unpackings[i], files[i], total, err))
                        return false;
        }
        return true;
}

static bool unpack_if_wanted(struct member *member, struct archive_entry *entry, struct deb_file *files,
                             struct unpacking *unpackings, size_t count, struct error *err)
{
        struct deb_file *wanted_files[MOST_FILES];
        struct unpacking *wanted[MOST_FILES];
        size_t wanted_count = 0;
        AUTO_FREE char *name = plain_name(archive_entry_pathname(entry));
        int64_t size = archive_entry_size(entry);
        for (size_t i = 0; name && i < count; i++) {
                if (!unpackings[i].real_name || strcmp(unpackings[i].real_name, name) != 0)
                        continue;
                if (!unpack_begin(&unpackings[i], &files[i], member, size, err))
                        return false;
                wanted_files[wanted_count] = &files[i];
                wanted[wanted_count++] = &unpackings[i];
        }
        return !wanted_count || unpack_entry(member, wanted_files, wanted, wanted_count, (uint64_t)size, err);
}

// A file in the folder of a wanted one, in case it is a link's target: newer packages have AAVMF_CODE.fd as such a
// link, and a package ends with its links.
struct spare {
        char *name, *target;
        struct deb_file file;
        struct unpacking unpacking;
};

// One pass over a package.
struct pass {
        struct member *member;
        struct deb_file *files;
        struct unpacking *unpackings; // one for each file
        size_t count;
        struct content content;
        struct spare spares[MOST_SPARES];
        size_t spare_count;
};

static void pass_free(struct pass *pass)
{
        content_free(&pass->content);
        for (size_t i = 0; i < pass->spare_count; i++) {
                unpacking_free(&pass->spares[i].unpacking);
                unlink(pass->spares[i].target);
                free(pass->spares[i].name);
                free(pass->spares[i].target);
        }
}

static bool is_beside(const char *a, const char *b)
{
        const char *slash = strrchr(a, '/');
        size_t length = slash ? (size_t)(slash - a) + 1 : 0;
        return strncmp(a, b, length) == 0 && !strchr(b + length, '/');
}

// Whether the file NAME may be the target of a later link.
static bool may_be_linked(const struct pass *pass, const char *name)
{
        bool beside = false;
        for (size_t i = 0; i < pass->count; i++) {
                if (strcmp(pass->files[i].name, name) == 0)
                        return false;
                beside |= !pass->unpackings[i].written && is_beside(pass->files[i].name, name);
        }
        return beside && pass->spare_count < MOST_SPARES;
}

static bool unpack_spare(struct pass *pass, struct archive_entry *entry, const char *name, struct error *err)
{
        const char *target = pass->files[0].target;
        const char *slash = strrchr(target, '/');
        struct spare *spare = &pass->spares[pass->spare_count];
        *spare = (struct spare){
                .name = memory_text(name),
                .target =
                        text_format("%.*s.spare-%zu", slash ? (int)(slash - target) + 1 : 0, target, pass->spare_count),
        };
        pass->spare_count++;
        spare->file = (struct deb_file){.name = spare->name, .target = spare->target};
        spare->unpacking.real_name = memory_text(name);
        return unpack_if_wanted(pass->member, entry, &spare->file, &spare->unpacking, 1, err);
}

static bool pass_entry(struct pass *pass, struct archive_entry *entry, struct error *err)
{
        const struct content_entry *last = content_add(&pass->content, pass->member, entry, err);
        if (!last || !last->regular)
                return last != NULL;
        int64_t size = archive_entry_size(entry);
        if (size >= 0 && (uint64_t)size <= FILE_LIMIT && may_be_linked(pass, last->name))
                return unpack_spare(pass, entry, last->name, err);
        return unpack_if_wanted(pass->member, entry, pass->files, pass->unpackings, pass->count, err);
}

static bool pass_run(struct pass *pass, struct error *err)
{
        struct archive_entry *entry = NULL;
        AUTO_PROGRESS struct progress *progress = progress_begin("unpacking the firmware", pass->member->packed_size);
        do {
                if (!member_next(pass->member, &entry, err) || (entry && !pass_entry(pass, entry, err)))
                        return false;
                progress_update(progress, (uint64_t)archive_filter_bytes(pass->member->package, -1));
        } while (entry);
        return member_finish(pass->member, err);
}

// The spare NAME; NULL if not found or already used.
static struct spare *find_spare(struct pass *pass, const char *name)
{
        for (size_t i = 0; i < pass->spare_count; i++) {
                if (pass->spares[i].unpacking.replacement && strcmp(pass->spares[i].name, name) == 0)
                        return &pass->spares[i];
        }
        return NULL;
}

static bool take_spare(struct spare *spare, struct deb_file *file, struct error *err)
{
        file->found = true;
        file->size = spare->file.size;
        file->sha256 = spare->file.sha256;
        return file_replacement_commit(&spare->unpacking.replacement, err) &&
               (rename(spare->target, file->target) == 0 || error_system(err, "%s: cannot create", file->target));
}

static bool is_alone(const struct pass *pass, const char *name, struct error *err)
{
        size_t count = 0;
        for (size_t i = 0; i < pass->content.count; i++)
                count += strcmp(pass->content.entries[i].name, name) == 0;
        return count < 2 || error_set(err, ERROR_DAMAGED, "%s: has %s more than once", pass->member->path, name);
}

// Completes a file that was unpacked under its own name or under its link target's. If it was not, its unpacking keeps
// the real name for another pass, and *MISSING counts it.
static bool finish_file(struct pass *pass, struct deb_file *file, struct unpacking *unpacking, size_t *missing,
                        struct error *err)
{
        free(MEMORY_TAKE(unpacking->real_name)); // until now its own name
        if (!unpacking_find(&pass->content, pass->member->path, file, unpacking, err))
                return false;
        AUTO_FREE char *real_name = MEMORY_TAKE(unpacking->real_name);
        if (!real_name)
                return true;
        if (!is_alone(pass, real_name, err))
                return false;
        if (file->found)
                return file_replacement_commit(&unpacking->replacement, err);
        struct spare *spare = find_spare(pass, real_name);
        if (spare)
                return take_spare(spare, file, err);
        unpacking->real_name = MEMORY_TAKE(real_name);
        ++*missing;
        return true;
}

static bool finish_files(struct pass *pass, size_t *missing, struct error *err)
{
        for (size_t i = 0; i < pass->count; i++) {
                if (!finish_file(pass, &pass->files[i], &pass->unpackings[i], missing, err))
                        return false;
        }
        return true;
}

// The second pass: every file whose unpacking has a real name.
static bool unpack_missing(struct pass *pass, struct error *err)
{
        struct member member;
        struct archive_entry *entry = NULL;
        bool read = member_open(&member, pass->member->path, err) && member_enter(&member, "data.tar", err);
        while (read && (read = member_next(&member, &entry, err)) && entry)
                read = unpack_if_wanted(&member, entry, pass->files, pass->unpackings, pass->count, err);
        member_close(&member);
        for (size_t i = 0; read && i < pass->count; i++)
                read = !pass->unpackings[i].replacement ||
                       file_replacement_commit(&pass->unpackings[i].replacement, err);
        return read;
}

static bool extract(struct pass *pass, struct deb_control *control, struct error *err)
{
        size_t missing = 0;
        for (size_t i = 0; i < pass->count; i++)
                pass->unpackings[i].real_name = memory_text(pass->files[i].name);
        return (!control || control_read(pass->member, control, err)) && member_enter(pass->member, "data.tar", err) &&
               pass_run(pass, err) && finish_files(pass, &missing, err) && (!missing || unpack_missing(pass, err));
}

bool deb_extract(const char *path, struct deb_control *control, struct deb_file *files, size_t count, struct error *err)
{
        if (control)
                *control = (struct deb_control){0};
        if (count > MOST_FILES)
                return error_set(err, ERROR_USAGE, "at most %d files are unpacked at once", MOST_FILES);
        AUTO_FREE struct unpacking *unpackings = memory_new(count, sizeof *unpackings);
        struct member member;
        struct pass pass = {.member = &member, .files = files, .unpackings = unpackings, .count = count};
        bool done = member_open(&member, path, err) && extract(&pass, control, err);
        for (size_t i = 0; i < count; i++)
                unpacking_free(&unpackings[i]);
        pass_free(&pass);
        member_close(&member);
        if (!done && control)
                deb_control_free(control);
        return done;
}
