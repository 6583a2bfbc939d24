// SPDX-License-Identifier: Apache-2.0
#include "verify/match.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"
#include "verify/disk/fat.h"
#include "verify/disk/gpt.h"

static const char DEFAULT_LABEL[] = "VMware ESXi";

static const struct {
        const char *id, *advice;
} reasons[] = {
        [MATCH_HOLDS] = {"holds", NULL},
        [MATCH_FIRMWARE_CHANGED] =
                {"firmware-changed",
                 "Boot with the firmware that the machine was installed with, or install the machine "
                 "again with the new one."},
        [MATCH_DISK_BLANK] = {"disk-blank", "Install the system on this disk, or give the disk with it."},
        [MATCH_DISK_WITHOUT_GPT] = {"disk-without-gpt", "UEFI boots an installed ESXi only from a GPT: install again "
                                                        "on an empty disk, or give the disk with the system."},
        [MATCH_DISK_DAMAGED] =
                {"disk-damaged",
                 "Restore a copy of the disk, or run `sgdisk --verify` on a raw copy to see what can be repaired."},
        [MATCH_DISK_WITHOUT_ESP] = {"disk-without-esp", "The installation ended before it wrote the boot loader: "
                                                        "install again, or give the disk with the system."},
        [MATCH_VARS_BLANK] =
                {"vars-blank",
                 "Restore the vars of the installation, or rebuild them from the disk (esxiarm rebuild-vars)."},
        [MATCH_ENTRY_MISSING] =
                {"entry-missing",
                 "Restore the vars of the installation, or rebuild them from the disk (esxiarm rebuild-vars). If the "
                 "installation left no entry, check that its BOOT.CFG has no norts=1."},
        [MATCH_ENTRY_WITHOUT_PARTITION] =
                {"entry-without-partition",
                 "Restore the vars of the installation, or rebuild them from the disk (esxiarm rebuild-vars)."},
        [MATCH_OTHER_DISK] = {"other-disk",
                              "The vars file belongs to another disk or another installation: use the two that belong "
                              "together, or rebuild the vars from this disk (esxiarm rebuild-vars)."},
        [MATCH_PARTITION_MOVED] = {"partition-moved", "The disk was partitioned again, or cloned and changed: use the "
                                                      "disk that was installed with these vars, or install again."},
        [MATCH_ESP_DAMAGED] = {"esp-damaged", "Restore a copy of the disk, or install again."},
        [MATCH_LOADER_MISSING] = {"loader-missing",
                                  "The installation did not finish, or the file was removed: install again."},
        [MATCH_ENTRY_INACTIVE] = {"entry-inactive", "Activate the entry: aavmf-vars edit FILE --boot-activate XXXX."},
        [MATCH_ENTRY_NOT_ORDERED] = {"entry-not-ordered",
                                     "Add the entry to BootOrder: aavmf-vars edit FILE --boot-first XXXX."},
};

const char *match_reason_id(enum match_reason reason)
{
        return reasons[reason].id;
}

const char *match_reason_advice(enum match_reason reason)
{
        return reasons[reason].advice;
}

void match_free(struct match *match)
{
        free(match->explanation);
        free(match->found);
        free(match->expected);
        free(match->loader);
        free(match->remark);
        *match = (struct match){0};
}

// Fills the reason and the sentence. Takes over FOUND and EXPECTED, which may be NULL.
__attribute__((format(printf, 5, 6))) static void match_because(struct match *match, enum match_reason reason,
                                                                char *found, char *expected, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *sentence = text_format_list(format, arguments);
        va_end(arguments);
        match->holds = reason == MATCH_HOLDS;
        match->reason = reason;
        match->explanation = text_printable(sentence, strlen(sentence), false);
        match->found = found;
        match->expected = expected;
}

// As the firmware writes it: 1,GPT,GUID,0x40,0x32000.
static char *partition_text(unsigned number, struct guid guid, uint64_t start, uint64_t size)
{
        char text[37];
        guid_text(guid, text);
        return text_format("HD(%u,GPT,%s,0x%" PRIX64 ",0x%" PRIX64 ")", number, text, start, size);
}

static char *disk_partition_text(const struct gpt_partition *partition)
{
        return partition_text(partition->index, partition->unique, partition->first, gpt_partition_size(partition));
}

static char *entry_partition_text(const struct boot_entry *entry)
{
        return partition_text(entry->partition.number, entry->partition.guid, entry->partition.start,
                              entry->partition.size);
}

static void match_take_partition(struct match *match, const struct gpt_partition *partition)
{
        match->has_partition = true;
        match->partition = partition->index;
        match->partition_guid = partition->unique;
        match->partition_start = partition->first;
        match->partition_size = gpt_partition_size(partition);
}

static bool damage_is_a_result(struct match *match, enum match_reason reason, struct error *damage, struct error *err)
{
        if (damage->code != ERROR_DAMAGED) {
                return error_set(err, damage->code, "%s", damage->message);
        }
        match_because(match, reason, NULL, NULL, "%s.", damage->message);
        return true;
}

// Whether the file that ENTRY starts is on its partition. Always fills MATCH.
static bool compare_loader(struct disk *disk, const struct gpt *gpt, const struct gpt_partition *partition,
                           const struct boot_entry *entry, struct match *match, struct error *err)
{
        // An entry without a file starts the fallback file.
        const char *path = entry->loader ? entry->loader : "\\EFI\\BOOT\\BOOTAA64.EFI";
        AUTO_FAT struct fat *fat = NULL;
        AUTO_ERROR struct error damage = {0};
        struct fat_file file;
        if (!fat_open(disk, gpt_partition_offset_bytes(gpt, partition), gpt_partition_size_bytes(gpt, partition), &fat,
                      &damage) ||
            !fat_find(fat, path, &file, &damage))
                return damage_is_a_result(match, MATCH_ESP_DAMAGED, &damage, err);
        if (file.kind == FAT_FILE && file.size)
                match_because(match, MATCH_HOLDS, NULL, NULL, "Boot%04X \"%s\" starts %s on partition %u of this disk.",
                              entry->number, entry->label, path, partition->index);
        else
                match_because(match, MATCH_LOADER_MISSING,
                              memory_text(file.kind == FAT_ABSENT ? "no such file"
                                          : file.kind == FAT_FILE ? "an empty file"
                                                                  : "a folder"),
                              memory_text(path), "Boot%04X \"%s\" starts %s, but partition %u has %s there.",
                              entry->number, entry->label, path, partition->index,
                              file.kind == FAT_ABSENT ? "no file"
                              : file.kind == FAT_FILE ? "an empty file"
                                                      : "a folder");
        return true;
}

static bool compare_target(struct disk *disk, const struct gpt *gpt, const struct boot_entry *entry,
                           struct match *match, struct error *err)
{
        if (!entry->has_partition || !entry->partition.gpt) {
                match_because(match, MATCH_ENTRY_WITHOUT_PARTITION, memory_text(entry->path), NULL,
                              "Boot%04X \"%s\" does not name a GPT partition, but %s.", entry->number, entry->label,
                              entry->path);
                return true;
        }
        const struct gpt_partition *esp = gpt_find_esp(gpt);
        const struct gpt_partition *partition = gpt_find(gpt, entry->partition.guid);
        if (!partition) {
                match_because(
                        match, MATCH_OTHER_DISK, entry_partition_text(entry), esp ? disk_partition_text(esp) : NULL,
                        "Boot%04X \"%s\" points to a partition that is not on this disk.", entry->number, entry->label);
                return true;
        }
        match_take_partition(match, partition);
        // The firmware uses only the GUID; start and size distinguish a disk from a clone that was partitioned again.
        if (entry->partition.start != partition->first || entry->partition.size != gpt_partition_size(partition)) {
                match_because(match, MATCH_PARTITION_MOVED, entry_partition_text(entry), disk_partition_text(partition),
                              "Boot%04X \"%s\" has another place or size for partition %u of this disk.", entry->number,
                              entry->label, partition->index);
                return true;
        }
        return compare_loader(disk, gpt, partition, entry, match, err);
}

static bool compare_entry(struct disk *disk, const struct gpt *gpt, const struct boot_entry *entry, struct match *match,
                          struct error *err)
{
        match->has_entry = true;
        match->entry = entry->number;
        match->loader = entry->loader ? memory_text(entry->loader) : NULL;
        const struct gpt_partition *esp = gpt_find_esp(gpt);
        if (esp)
                match_take_partition(match, esp);
        if (!compare_target(disk, gpt, entry, match, err))
                return false;
        if (!match->holds || (entry->active && entry->ordered))
                return true;
        free(match->explanation);
        if (!entry->active)
                match_because(match, MATCH_ENTRY_INACTIVE, memory_text("inactive"), memory_text("active"),
                              "Boot%04X \"%s\" belongs to this disk but is not active, so the firmware skips it.",
                              entry->number, entry->label);
        else
                match_because(match, MATCH_ENTRY_NOT_ORDERED, NULL, NULL,
                              "Boot%04X \"%s\" belongs to this disk, but is not in BootOrder.", entry->number,
                              entry->label);
        return true;
}

static void labels_text(const struct bootchain *chain, struct text *text)
{
        for (size_t i = 0; i < chain->entry_count; i++)
                text_add_format(text, "%s\"%s\"", i ? ", " : "",
                                chain->entries[i].label ? chain->entries[i].label : "");
}

static void entry_missing(const struct bootchain *chain, const char *label, const struct gpt *gpt, struct match *match)
{
        AUTO_TEXT struct text labels = {0};
        labels_text(chain, &labels);
        const struct gpt_partition *esp = gpt_find_esp(gpt);
        if (esp)
                match_take_partition(match, esp);
        match_because(match, MATCH_ENTRY_MISSING, labels.length ? memory_text(text_string(&labels)) : NULL,
                      memory_text(label), "The vars file has no boot entry \"%s\".", label);
}

// Of the entries with the label, the one that matches, else the closest; of equals, the one that the firmware tries
// first.
static bool compare_entries(const struct match_input *input, const char *label, const struct gpt *gpt,
                            struct match *match, struct error *err)
{
        const struct bootchain *chain = input->chain;
        const struct boot_entry *first = bootchain_find_label(chain, label);
        if (!first) {
                entry_missing(chain, label, gpt, match);
                return true;
        }
        if (!compare_entry(input->disk, gpt, first, match, err))
                return false;
        for (size_t i = 0; i < chain->entry_count && !match->holds; i++) {
                const struct boot_entry *entry = &chain->entries[i];
                if (entry == first || !entry->label || strcmp(entry->label, label) != 0)
                        continue;
                AUTO_MATCH struct match other = {0};
                if (!compare_entry(input->disk, gpt, entry, &other, err))
                        return false;
                if (!other.holds && other.reason <= match->reason)
                        continue;
                struct match worse = *match;
                *match = other;
                other = worse;
        }
        return true;
}

static bool compare_disk(const struct match_input *input, const char *label, struct match *match, struct error *err)
{
        AUTO_GPT struct gpt gpt = {0};
        AUTO_ERROR struct error damage = {0};
        if (!gpt_read(input->disk, &gpt, &damage))
                return damage_is_a_result(match, MATCH_DISK_DAMAGED, &damage, err);
        const char *path = disk_path(input->disk);
        if (gpt.state != GPT_PRESENT) {
                match_because(match, gpt.state == GPT_BLANK ? MATCH_DISK_BLANK : MATCH_DISK_WITHOUT_GPT, NULL, NULL,
                              "The disk %s has no GPT: %s.", path, gpt_state_text(gpt.state));
                return true;
        }
        char *remark = MEMORY_TAKE(gpt.remark);
        bool done = true;
        if (!gpt.protective_mbr)
                match_because(match, MATCH_DISK_DAMAGED, NULL, NULL,
                              "The disk %s has a GPT but no protective MBR, so the firmware sees no partition on it.",
                              path);
        else if (!gpt_find_esp(&gpt))
                match_because(match, MATCH_DISK_WITHOUT_ESP, NULL, NULL, "The disk %s has no EFI system partition.",
                              path);
        else if (!input->chain)
                match_because(match, MATCH_VARS_BLANK, NULL, NULL,
                              "The vars file is blank: it has no boot entry for this disk.");
        else
                done = compare_entries(input, label, &gpt, match, err);
        match->remark = remark;
        return done;
}

bool match_compare(const struct match_input *input, struct match *match, struct error *err)
{
        *match = (struct match){0};
        if (input->expected_code && input->actual_code &&
            !text_equal_ignoring_case(input->expected_code, input->actual_code)) {
                match_because(match, MATCH_FIRMWARE_CHANGED, memory_text(input->actual_code),
                              memory_text(input->expected_code),
                              "The firmware is not the one that the machine was installed with.");
                return true;
        }
        if (compare_disk(input, input->label ? input->label : DEFAULT_LABEL, match, err))
                return true;
        match_free(match);
        return false;
}
