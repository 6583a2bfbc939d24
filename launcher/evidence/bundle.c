// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/evidence/redact.h"
#include "varstore/bootchain.h"
#include "verify/disk/gpt.h"

enum {
        BLOCK = 1 << 20, // bytes given to libarchive at once
};

struct bundle {
        const struct bundle_input *in;
        struct archive *archive;
        struct file_replacement *file;
        struct error *error; // of a write by libarchive's callback
        struct progress *progress;
        uint64_t done;
        char *folder; // the archive's only top-level folder
        json_t *packed;
        uint64_t hidden, size;
};

static bool fail(struct bundle *bundle, struct error *err)
{
        if (bundle->error->code)
                return error_set(err, bundle->error->code, "%s", bundle->error->message);
        const char *says = archive_error_string(bundle->archive);
        return error_set(err, ERROR_ENVIRONMENT, "%s: cannot pack: %s", bundle->in->output,
                         says ? says : "no reason given");
}

static la_ssize_t write_packed(struct archive *archive, void *context, const void *data, size_t size)
{
        struct bundle *bundle = context;
        if (!file_replacement_write(bundle->file, (struct bytes){data, size}, bundle->error)) {
                archive_set_error(archive, 0, "%s", bundle->error->message);
                return -1;
        }
        bundle->size += size;
        return (la_ssize_t)size;
}

// ---- members ----

struct member {
        const char *name;
        struct bytes parts[2]; // the second only if the middle is left out
        time_t modified;
        bool is_binary;
        uint64_t data_end; // of a binary file: the rest is a hole
};

static bool count_bytes(struct bytes bytes, void *context, struct error *err)
{
        (void)err;
        *(uint64_t *)context += bytes.size;
        return true;
}

static bool pack_bytes(struct bytes bytes, void *context, struct error *err)
{
        struct bundle *bundle = context;
        while (bytes.size) {
                size_t size = bytes.size < BLOCK ? bytes.size : BLOCK;
                if (!interrupt_check(err))
                        return false;
                if (archive_write_data(bundle->archive, bytes.data, size) != (la_ssize_t)size)
                        return fail(bundle, err);
                bundle->done += size;
                progress_update(bundle->progress, bundle->done);
                bytes = bytes_from(bytes, size);
        }
        return true;
}

static bool hand_on(const struct bundle *bundle, const struct member *member, redact_sink *sink, void *context,
                    uint64_t *hidden, struct error *err)
{
        for (size_t i = 0; i < 2; i++) {
                struct bytes part = member->parts[i];
                if (!part.size)
                        continue;
                bool handed = member->is_binary ? sink(part, context, err)
                                                : redact(part, bundle->in->words, bundle->in->word_count, sink, context,
                                                         hidden, err);
                if (!handed)
                        return false;
        }
        return true;
}

static bool write_header(struct bundle *bundle, const struct member *member, uint64_t size, struct error *err)
{
        AUTO_FREE char *path = text_format("%s/%s", bundle->folder, member->name);
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, path);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_entry_set_mtime(entry, member->modified, 0);
        if (member->is_binary && member->data_end < size)
                archive_entry_sparse_add_entry(entry, 0, (la_int64_t)member->data_end);
        bool written = archive_write_header(bundle->archive, entry) == ARCHIVE_OK;
        archive_entry_free(entry);
        return written || fail(bundle, err);
}

static bool pack(struct bundle *bundle, const struct member *member, struct error *err)
{
        uint64_t size = 0, hidden = 0;
        hand_on(bundle, member, count_bytes, &size, &hidden, NULL);
        if (!write_header(bundle, member, size, err) || !hand_on(bundle, member, pack_bytes, bundle, NULL, err))
                return false;
        bundle->hidden += hidden;
        json_array_append_new(bundle->packed,
                              json_pack("{s:s, s:I, s:I, s:b}", "name", member->name, "size", (json_int_t)size,
                                        "hidden", (json_int_t)hidden, "cut", member->parts[1].size > 0));
        return true;
}

static bool pack_text(struct bundle *bundle, const char *name, const char *text, struct error *err)
{
        const struct member member = {
                .name = name,
                .parts = {{(const uint8_t *)text, strlen(text)}},
                .modified = time(NULL),
        };
        return pack(bundle, &member, err);
}

// Leaves out the middle of a long text, at line ends.
static void cut_middle(struct member *member)
{
        struct bytes whole = member->parts[0];
        if (whole.size <= BUNDLE_FILE_LIMIT)
                return;
        size_t head = BUNDLE_HEAD, tail = whole.size - (BUNDLE_FILE_LIMIT - BUNDLE_HEAD);
        while (head && whole.data[head - 1] != '\n')
                head--;
        const uint8_t *line_end = memchr(whole.data + tail, '\n', whole.size - tail);
        tail = line_end ? (size_t)(line_end - whole.data) + 1 : tail;
        member->parts[0].size = head ? head : BUNDLE_HEAD;
        member->parts[1] = bytes_from(whole, tail);
}

// Packs the file at PATH, if it exists. If the file grows meanwhile, its length at the start counts.
static bool pack_file(struct bundle *bundle, const char *name, const char *path, bool is_binary, struct error *err)
{
        AUTO_MAPPING struct file_mapping mapping = {0};
        struct stat status;
        if (!path || lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
                return true;
        if (status.st_size && !file_map(path, &mapping, err))
                return false;
        struct member member = {
                .name = name,
                .parts = {mapping.bytes},
                .modified = status.st_mtime,
                .is_binary = is_binary,
                .data_end = mapping.data_end,
        };
        if (!is_binary)
                cut_middle(&member);
        return pack(bundle, &member, err);
}

// ---- content ----

static bool pack_run(struct bundle *bundle, struct error *err)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        if (!folder_names(bundle->in->run->folder, &names, err))
                return false;
        for (size_t i = 0; i < names.count; i++) {
                if (*names.values[i] == '.')
                        continue;
                AUTO_FREE char *path = file_path(bundle->in->run->folder, names.values[i]);
                AUTO_FREE char *name = text_format("run/%s", names.values[i]);
                if (!pack_file(bundle, name, path, text_ends_with(name, ".png"), err))
                        return false;
        }
        return true;
}

static void add_chain(struct text *text, const char *name, const char *path)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_ERROR struct error err = {0};
        if (!path || !file_exists(path))
                return;
        text_add_format(text, "%s\n", name);
        if (!varstore_load(path, &store, &err) || !bootchain_read(store, &chain, &err)) {
                text_add_format(text, "  %s\n", err.message);
                return;
        }
        if (varstore_is_blank(store))
                text_add(text, "  blank\n");
        if (chain.has_next)
                text_add_format(text, "  BootNext: %04X\n", chain.next);
        if (chain.has_timeout)
                text_add_format(text, "  Timeout: %u seconds\n", chain.timeout);
        text_add(text, "  BootOrder:");
        for (size_t i = 0; i < chain.order_count; i++)
                text_add_format(text, " %04X", chain.order[i]);
        text_add_char(text, '\n');
        for (size_t i = 0; i < chain.entry_count; i++) {
                const struct boot_entry *entry = &chain.entries[i];
                text_add_format(text, "  Boot%04X%c \"%s\" %s\n", entry->number, entry->active ? '*' : ' ',
                                entry->label ? entry->label : "", entry->path ? entry->path : "");
        }
}

static char *chain_text(const struct machine *machine)
{
        struct text text = {0};
        add_chain(&text, "vars.fd", machine->vars_path);
        add_chain(&text, "vars.sealed.fd", machine->sealed_path);
        return text_take(&text);
}

static void add_partition(struct text *text, const struct gpt *gpt, const struct gpt_partition *partition)
{
        char type[37];
        char unique[37];
        guid_text(partition->type, type);
        guid_text(partition->unique, unique);
        const char *name = gpt_type_name(partition->type);
        AUTO_FREE char *size = text_size(gpt_partition_size_bytes(gpt, partition));
        text_add_format(text, "  %u  %" PRIu64 " to %" PRIu64 "  %s  %s (%s)  %s  \"%s\"\n", partition->index,
                        partition->first, partition->last, size, type, name ? name : "unknown type", unique,
                        partition->name);
}

static char *disk_text(const struct machine *machine)
{
        AUTO_DISK struct disk *disk = NULL;
        AUTO_GPT struct gpt gpt = {0};
        AUTO_ERROR struct error err = {0};
        struct text text = {0};
        if (!disk_open(machine->disk_path, machine->disk_format, &disk, &err) || !gpt_read(disk, &gpt, &err)) {
                text_add_format(&text, "%s\n", err.message);
                return text_take(&text);
        }
        text_add_format(&text, "%s, %s, %" PRIu64 " bytes\n", disk_path(disk), disk_format(disk), disk_size(disk));
        if (gpt.state != GPT_PRESENT) {
                text_add_format(&text, "no GPT: %s\n", gpt_state_text(gpt.state));
                return text_take(&text);
        }
        char guid[37];
        guid_text(gpt.disk, guid);
        text_add_format(&text, "GPT %s, sectors of %" PRIu32 " bytes\n", guid, gpt.sector_size);
        for (size_t i = 0; i < gpt.count; i++)
                add_partition(&text, &gpt, &gpt.partitions[i]);
        if (gpt.remark)
                text_add_format(&text, "%s\n", gpt.remark);
        return text_take(&text);
}

static char *versions_text(const struct run *run)
{
        struct utsname host = {0};
        uname(&host);
        json_t *json = json_pack("{s:s, s:O?, s:O?, s:s, s:s, s:s, s:s}", "program", "esxiarm " VERSION, "run_by",
                                 json_object_get(run->result, "program"), "qemu", json_object_get(run->result, "qemu"),
                                 "libarchive", archive_version_details(), "system", host.sysname, "release",
                                 host.release, "processor", host.machine);
        char *lines = json_lines(json, 2);
        json_decref(json);
        return lines;
}

static char *readme_text(const struct bundle *bundle)
{
        struct text text = {0};
        AUTO_FREE char *now = time_stamp();
        text_add_format(
                &text,
                "A run of a machine, packed by esxiarm %s at %s, for a bug report.\n\n"
                "Machine  %s\nRun      %s (%s)\n\n"
                "The disk's content is not in it. Passwords and their hashes are hidden, and the home folder is "
                "written ~;\n%" PRIu64 " places were changed. vars.fd holds what the firmware and the guest wrote "
                "there: boot entries,\nkeys of Secure Boot (public), the network card's address.\n\n",
                VERSION, now, bundle->in->machine->folder, bundle->in->run->tag, run_outcome(bundle->in->run),
                bundle->hidden);
        for (size_t i = 0; i < json_array_size(bundle->packed); i++) {
                const json_t *row = json_array_get(bundle->packed, i);
                text_add_format(&text, "%12" JSON_INTEGER_FORMAT "  %s%s\n",
                                json_integer_value(json_object_get(row, "size")), json_text(row, "name"),
                                json_is_true(json_object_get(row, "cut")) ? "  (middle left out)" : "");
        }
        return text_take(&text);
}

static bool pack_all(struct bundle *bundle, struct error *err)
{
        const struct machine *machine = bundle->in->machine;
        AUTO_FREE char *chain = chain_text(machine);
        AUTO_FREE char *disk = disk_text(machine);
        AUTO_FREE char *versions = versions_text(bundle->in->run);
        if (!pack_run(bundle, err) || !pack_file(bundle, "machine.json", machine->json_path, false, err) ||
            !pack_file(bundle, "vars.fd", machine->vars_path, true, err) ||
            !pack_file(bundle, "vars.sealed.fd", machine->sealed_path, true, err) ||
            !pack_text(bundle, "boot-chain.txt", chain, err) || !pack_text(bundle, "disk.txt", disk, err) ||
            !pack_text(bundle, "versions.json", versions, err))
                return false;
        AUTO_FREE char *readme = readme_text(bundle);
        return pack_text(bundle, "README.txt", readme, err);
}

// The bytes to read, for the progress line.
static uint64_t expected_size(const struct bundle_input *input)
{
        uint64_t size = 0;
        const char *const files[] = {input->machine->vars_path, input->machine->sealed_path, input->run->console_log};
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                struct stat status;
                if (files[i] && stat(files[i], &status) == 0)
                        size += (uint64_t)(status.st_size < BUNDLE_FILE_LIMIT ? status.st_size : BUNDLE_FILE_LIMIT);
        }
        return size;
}

static bool write_archive(struct bundle *bundle, struct error *err)
{
        archive_write_set_format_pax_restricted(bundle->archive);
        if (archive_write_add_filter_zstd(bundle->archive) != ARCHIVE_OK ||
            archive_write_set_bytes_per_block(bundle->archive, 0) != ARCHIVE_OK ||
            archive_write_open(bundle->archive, bundle, NULL, write_packed, NULL) != ARCHIVE_OK)
                return fail(bundle, err);
        return pack_all(bundle, err) && (archive_write_close(bundle->archive) == ARCHIVE_OK || fail(bundle, err));
}

static char *folder_name(const struct bundle_input *input)
{
        const char *name = strrchr(input->machine->folder, '/');
        return text_format("%s-%s", name && name[1] ? name + 1 : "machine", input->run->tag);
}

bool bundle_make(const struct bundle_input *input, json_t **report, struct error *err)
{
        if (!input->force && file_exists(input->output))
                return error_set(err, ERROR_USAGE, "%s already exists; --force replaces it", input->output);
        AUTO_REPLACEMENT struct file_replacement *file = file_replacement_begin(input->output, 0644, err);
        if (!file)
                return false;
        AUTO_ERROR struct error error = {0};
        AUTO_FREE char *folder = folder_name(input);
        AUTO_PROGRESS struct progress *progress = progress_begin("packing", expected_size(input));
        struct bundle bundle = {.in = input, .file = file, .error = &error, .folder = folder, .progress = progress};
        bundle.packed = json_array();
        bundle.archive = archive_write_new();
        bool made = write_archive(&bundle, err);
        // Without this, archive_write_free would complete the unfinished archive.
        if (!made)
                archive_write_fail(bundle.archive);
        archive_write_free(bundle.archive);
        progress_end(&progress);
        *report = json_pack("{s:s, s:I, s:s, s:I, s:o}", "file", input->output, "size", (json_int_t)bundle.size, "run",
                            input->run->folder, "hidden", (json_int_t)bundle.hidden, "packed", bundle.packed);
        if (made && file_replacement_commit(&file, err))
                return true;
        json_decref(*report);
        *report = NULL;
        return false;
}
