// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/deb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"
#include "fw/debian/deb-content.h"
#include "fw/debian/deb-member.h"

enum {
        READ_BLOCK = 1 << 16, // bytes
        MOST_FILES = 64,      // wanted at once
        MOST_SPARES = 16,     // unpacked because a link may lead to them
};

#define FILE_LIMIT (UINT64_C(256) << 20) // bytes of a wanted file: a flash bank has 64 MiB

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

static const char *wanted_name(const struct deb_content *content, const struct deb_file *file)
{
        bool is_missing = !deb_content_find(content, file->name);
        return is_missing && file->otherwise && deb_content_find(content, file->otherwise) ? file->otherwise
                                                                                           : file->name;
}

static bool unpacking_find(const struct deb_content *content, const char *path, const struct deb_file *file,
                           struct unpacking *unpacking, struct error *err)
{
        AUTO_FREE char *real_name = deb_content_resolve(content, path, wanted_name(content, file), err);
        if (!real_name)
                return false;
        const struct deb_entry *entry = deb_content_find(content, real_name);
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

static bool unpack_begin(struct unpacking *unpacking, const struct deb_file *file, const struct deb_member *member,
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
static bool unpack_entry(struct deb_member *member, struct deb_file *const *files, struct unpacking *const *unpackings,
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
                return deb_member_damaged(member, member->tar, files[0]->name, err);
        if (total != expected)
                return error_set(err, ERROR_DAMAGED, "%s: %s in it is cut off", member->path, files[0]->name);
        for (size_t i = 0; i < count; i++) {
                if (!unpack_end(unpackings[i], files[i], total, err))
                        return false;
        }
        return true;
}

static bool unpack_if_wanted(struct deb_member *member, struct archive_entry *entry, struct deb_file *files,
                             struct unpacking *unpackings, size_t count, struct error *err)
{
        struct deb_file *wanted_files[MOST_FILES];
        struct unpacking *wanted[MOST_FILES];
        size_t wanted_count = 0;
        AUTO_FREE char *name = deb_plain_name(archive_entry_pathname(entry));
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
        struct deb_member *member;
        struct deb_file *files;
        struct unpacking *unpackings; // one for each file
        size_t count;
        struct deb_content content;
        struct spare spares[MOST_SPARES];
        size_t spare_count;
};

static void pass_free(struct pass *pass)
{
        deb_content_free(&pass->content);
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
        const struct deb_entry *last = deb_content_add(&pass->content, pass->member, entry, err);
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
                if (!deb_member_next(pass->member, &entry, err) || (entry && !pass_entry(pass, entry, err)))
                        return false;
                progress_update(progress, (uint64_t)archive_filter_bytes(pass->member->package, -1));
        } while (entry);
        return deb_member_finish(pass->member, err);
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
        struct deb_member member;
        struct archive_entry *entry = NULL;
        bool read = deb_member_open(&member, pass->member->path, err) && deb_member_enter(&member, "data.tar", err);
        while (read && (read = deb_member_next(&member, &entry, err)) && entry)
                read = unpack_if_wanted(&member, entry, pass->files, pass->unpackings, pass->count, err);
        deb_member_close(&member);
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
        return (!control || deb_control_read(pass->member, control, err)) &&
               deb_member_enter(pass->member, "data.tar", err) && pass_run(pass, err) &&
               finish_files(pass, &missing, err) && (!missing || unpack_missing(pass, err));
}

bool deb_extract(const char *path, struct deb_control *control, struct deb_file *files, size_t count, struct error *err)
{
        if (control)
                *control = (struct deb_control){0};
        if (count > MOST_FILES)
                return error_set(err, ERROR_USAGE, "at most %d files are unpacked at once", MOST_FILES);
        AUTO_FREE struct unpacking *unpackings = memory_new(count, sizeof *unpackings);
        struct deb_member member;
        struct pass pass = {.member = &member, .files = files, .unpackings = unpackings, .count = count};
        bool done = deb_member_open(&member, path, err) && extract(&pass, control, err);
        for (size_t i = 0; i < count; i++)
                unpacking_free(&unpackings[i]);
        pass_free(&pass);
        deb_member_close(&member);
        if (!done && control)
                deb_control_free(control);
        return done;
}
