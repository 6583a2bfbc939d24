// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/deb-member.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        READ_BLOCK = 1 << 16, // bytes
};

#define UNPACKED_LIMIT (UINT64_C(1) << 30) // bytes of a whole package

// Closes the tar, but not the package.
static void leave(struct deb_member *member)
{
        archive_read_free(member->tar);
        archive_read_free(member->stream);
        member->tar = member->stream = NULL;
        member->gzip = (struct gzip_check){0};
}

void deb_member_close(struct deb_member *member)
{
        leave(member);
        archive_read_free(member->package);
        memory_close_descriptor(&member->fd);
        free(member->block);
}

bool deb_member_damaged(struct deb_member *member, struct archive *archive, const char *what, struct error *err)
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
        struct deb_member *member = context;
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

static bool check_unpacked(struct deb_member *member)
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
        struct deb_member *member = context;
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

static bool package_open(struct deb_member *member, struct error *err)
{
        struct stat status;
        member->fd = descriptor_open(member->path, &status, err);
        if (member->fd < 0)
                return false;
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
static bool package_find(struct deb_member *member, const char *prefix, struct error *err)
{
        struct archive_entry *entry;
        int status;
        while ((status = archive_read_next_header(member->package, &entry)) == ARCHIVE_OK) {
                if (text_starts_with(archive_entry_pathname(entry), prefix))
                        return true;
        }
        if (status != ARCHIVE_EOF)
                return deb_member_damaged(member, member->package, prefix, err);
        return error_set(err, ERROR_DAMAGED, "%s: has no %s; the file is cut off, or not a Debian package",
                         member->path, prefix);
}

bool deb_member_enter(struct deb_member *member, const char *prefix, struct error *err)
{
        leave(member);
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
                return deb_member_damaged(member, member->stream, prefix, err);
        member->tar = archive_read_new();
        archive_read_support_format_tar(member->tar);
        if (archive_read_open(member->tar, member, NULL, read_stream, NULL) != ARCHIVE_OK)
                return deb_member_damaged(member, member->tar, prefix, err);
        return true;
}

bool deb_member_open(struct deb_member *member, const char *path, struct error *err)
{
        *member = (struct deb_member){.path = path, .fd = -1, .err = err, .block = memory_new(READ_BLOCK, 1)};
        return package_open(member, err);
}

bool deb_member_next(struct deb_member *member, struct archive_entry **entry, struct error *err)
{
        int status = archive_read_next_header(member->tar, entry);
        if (status == ARCHIVE_EOF) {
                *entry = NULL;
                return true;
        }
        // Warnings are about names in another character set or times out of range, which do not matter here.
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
                return deb_member_damaged(member, member->tar, "a tar in it", err);
        if (!archive_entry_pathname(*entry))
                return error_set(err, ERROR_DAMAGED, "%s: has an entry without a name", member->path);
        return true;
}

bool deb_member_finish(struct deb_member *member, struct error *err)
{
        la_ssize_t count;
        while ((count = archive_read_data(member->stream, member->block, READ_BLOCK)) > 0) {
                gzip_check_unpacked(&member->gzip, (struct bytes){member->block, (size_t)count});
                member->unpacked += (uint64_t)count;
                if (!check_unpacked(member))
                        return false;
        }
        if (count < 0)
                return deb_member_damaged(member, member->stream, "a tar in it", err);
        if (!gzip_check_end(&member->gzip))
                return error_set(err, ERROR_DAMAGED, "%s: the checksum of a tar in it is wrong; the file is damaged",
                                 member->path);
        struct archive_entry *entry;
        if (archive_read_data_skip(member->package) != ARCHIVE_OK ||
            archive_read_next_header(member->package, &entry) < ARCHIVE_OK)
                return deb_member_damaged(member, member->package, "the package", err);
        return true;
}
