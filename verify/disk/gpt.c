// SPDX-License-Identifier: Apache-2.0
#include "verify/disk/gpt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        MBR_SIZE = 512,
        MBR_TABLE = 446, // four entries of 16 bytes, then the signature
        MBR_SIGNATURE = 0xAA55,
        MBR_TYPE_PROTECTIVE = 0xEE,
        HEADER_LEAST = 92,
        HEADER_CHECKSUM = 16, // its offset in the header
        ENTRY_LEAST = 128,
        NAME_SIZE = 72,
        TABLE_LIMIT = 4 << 20, // bytes; the usual table has 16 KiB
        LOOKED_AT = 64 << 10,  // bytes at the disk's start that are all zero on a blank disk
        NO_COPIES = 2,
        ATTRIBUTE_NOT_FOR_FIRMWARE = 1 << 1,
};

static const uint64_t HEADER_SIGNATURE = 0x5452415020494645; // "EFI PART"

static const struct {
        const char *guid, *name;
} types[] = {
        {"C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EFI system partition"},
        {"EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "Microsoft basic data (ESXi boot bank)"},
        {"4EB2EA39-7855-4790-A79E-FAE495E21F8D", "ESX OSData"},
        {"AA31E02A-400F-11DB-9590-000C2911D1B8", "VMFS datastore"},
        {"9D275380-40AD-11DB-BF97-000C2911D1B8", "VMware core dump"},
        {"9198EFFC-31C0-11DB-8F78-000C2911D1B8", "VMware reserved"},
        {"381CFCCC-7288-11E0-92EE-000C2911D0B2", "VMware vSAN"},
        {"024DEE41-33E7-11D3-9D69-0008C781F39F", "MBR partition scheme"},
        {"E3C9E316-0B5C-4DB8-817D-F92DF00215AE", "Microsoft reserved"},
        {"DE94BBA4-06D1-4D40-A16A-BFD50179D6AC", "Windows recovery"},
        {"21686148-6449-6E6F-744E-656564454649", "BIOS boot"},
        {"0FC63DAF-8483-4772-8E79-3D69D8477DE4", "Linux file system"},
        {"B921B045-1DF0-41C3-AF44-4C6F280D3FAE", "Linux root (arm64)"},
        {"4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "Linux root (x86-64)"},
        {"BC13C2FF-59E6-4262-A352-B275FD6F7172", "Linux extended boot"},
        {"0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", "Linux swap"},
        {"E6D6D379-F507-44C2-A23C-238F2A3DF928", "Linux LVM"},
        {"A19D880F-05FC-4D3B-A006-743F0F84911E", "Linux RAID"},
        {"933AC7E1-2EB4-4F13-B844-0E14E2AEF915", "Linux home"},
        {"48465300-0000-11AA-AA11-00306543ECAC", "Apple HFS+"},
        {"7C3457EF-0000-11AA-AA11-00306543ECAC", "Apple APFS"},
};

const char *gpt_type_name(struct guid type)
{
        char text[37];
        guid_text(type, text);
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
                if (!strcmp(types[i].guid, text))
                        return types[i].name;
        }
        return NULL;
}

const char *gpt_state_text(enum gpt_state state)
{
        static const char *const texts[] = {
                [GPT_PRESENT] = "it has a GPT",
                [GPT_BLANK] = "it is blank",
                [GPT_MBR_ONLY] = "it has only an MBR",
                [GPT_UNKNOWN] = "it has neither a GPT nor an MBR",
        };
        return texts[state];
}

bool gpt_is_esp(const struct gpt_partition *partition)
{
        static const struct guid esp = {
                {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};
        return guid_equal(partition->type, esp);
}

const struct gpt_partition *gpt_find_esp(const struct gpt *gpt)
{
        for (size_t i = 0; i < gpt->count; i++) {
                if (gpt_is_esp(&gpt->partitions[i]))
                        return &gpt->partitions[i];
        }
        return NULL;
}

const struct gpt_partition *gpt_find(const struct gpt *gpt, struct guid unique)
{
        for (size_t i = 0; i < gpt->count; i++) {
                if (guid_equal(gpt->partitions[i].unique, unique))
                        return &gpt->partitions[i];
        }
        return NULL;
}

uint64_t gpt_partition_size(const struct gpt_partition *partition)
{
        return partition->last - partition->first + 1;
}

uint64_t gpt_partition_offset_bytes(const struct gpt *gpt, const struct gpt_partition *partition)
{
        return partition->first * gpt->sector_size;
}

uint64_t gpt_partition_size_bytes(const struct gpt *gpt, const struct gpt_partition *partition)
{
        return gpt_partition_size(partition) * gpt->sector_size;
}

void gpt_free(struct gpt *gpt)
{
        for (size_t i = 0; i < gpt->count; i++)
                free(gpt->partitions[i].name);
        free(gpt->partitions);
        free(gpt->remark);
        *gpt = (struct gpt){0};
}

// One of the two copies: its header and, if that is valid, its table.
struct copy {
        bool signature;      // it has the GPT signature
        const char *problem; // why it is invalid; NULL if it is valid
        uint32_t sector_size;
        uint64_t at, alternate; // in sectors
        uint64_t first_usable, last_usable, table_at;
        struct guid disk;
        uint32_t entry_count, entry_size, table_checksum;
        struct buffer table;
};

static void copy_free(struct copy *copy)
{
        buffer_free(&copy->table);
}
#define AUTO_COPY __attribute__((cleanup(copy_free)))

static bool header_checksum_holds(struct bytes sector, uint32_t size, uint32_t checksum)
{
        static const uint8_t zeroes[4];
        uint32_t crc = crc32_more(0, (struct bytes){sector.data, HEADER_CHECKSUM});
        crc = crc32_more(crc, (struct bytes){zeroes, sizeof zeroes});
        struct bytes rest;
        return bytes_slice(sector, HEADER_CHECKSUM + 4, size - HEADER_CHECKSUM - 4, &rest) &&
               crc32_more(crc, rest) == checksum;
}

// Why the header is invalid; NULL if it is valid.
static const char *parse_header(struct bytes sector, uint64_t sectors, struct copy *copy)
{
        struct cursor cursor = cursor_at(sector, 0);
        copy->signature = cursor_u64(&cursor) == HEADER_SIGNATURE;
        if (!copy->signature)
                return "not found";
        cursor_skip(&cursor, 4); // the revision
        uint32_t size = cursor_u32(&cursor), checksum = cursor_u32(&cursor);
        cursor_skip(&cursor, 4);
        uint64_t self = cursor_u64(&cursor);
        copy->alternate = cursor_u64(&cursor);
        copy->first_usable = cursor_u64(&cursor);
        copy->last_usable = cursor_u64(&cursor);
        copy->disk = guid_read(&cursor);
        copy->table_at = cursor_u64(&cursor);
        copy->entry_count = cursor_u32(&cursor);
        copy->entry_size = cursor_u32(&cursor);
        copy->table_checksum = cursor_u32(&cursor);

        if (size < HEADER_LEAST || size > sector.size)
                return "its header has an invalid size";
        if (!header_checksum_holds(sector, size, checksum))
                return "the checksum of its header is wrong";
        if (self != copy->at)
                return "its header is for another sector";
        if (copy->entry_size < ENTRY_LEAST || copy->entry_size % 8 || copy->entry_size > TABLE_LIMIT)
                return "its entries have an invalid size";
        if (copy->entry_count > TABLE_LIMIT / copy->entry_size)
                return "it has an invalid number of entries";
        uint64_t table_sectors =
                ((uint64_t)copy->entry_count * copy->entry_size + copy->sector_size - 1) / copy->sector_size;
        if (copy->table_at >= sectors || sectors - copy->table_at < table_sectors)
                return "its table lies outside the disk";
        return NULL;
}

static bool read_table(struct disk *disk, struct copy *copy, struct error *err)
{
        size_t size = (size_t)copy->entry_count * copy->entry_size;
        buffer_fill(&copy->table, 0, size);
        if (size && !disk_read(disk, copy->table_at * copy->sector_size, copy->table.data, size, err))
                return false;
        if (crc32_more(0, buffer_view(&copy->table)) != copy->table_checksum)
                copy->problem = "the checksum of its table is wrong";
        return true;
}

// Reads the copy whose header is in sector AT. An invalid copy is not a failure: COPY's problem describes it.
static bool read_copy(struct disk *disk, uint32_t sector_size, uint64_t at, struct copy *copy, struct error *err)
{
        enum {
                SECTOR_LIMIT = 4096
        };
        uint8_t sector[SECTOR_LIMIT];
        *copy = (struct copy){.sector_size = sector_size, .at = at, .problem = "it lies outside the disk"};
        uint64_t sectors = disk_size(disk) / sector_size;
        if (at >= sectors)
                return true;
        if (!disk_read(disk, at * sector_size, sector, sector_size, err))
                return false;
        copy->problem = parse_header((struct bytes){sector, sector_size}, sectors, copy);
        return copy->problem || read_table(disk, copy, err);
}

struct mbr {
        bool partitioned; // it has a valid table
        bool protective;  // it protects a GPT
};

static struct mbr parse_mbr(struct bytes sector)
{
        struct mbr mbr = {0};
        struct cursor cursor = cursor_at(sector, MBR_TABLE);
        size_t used = 0;
        bool sane = true;
        for (int i = 0; i < 4; i++) {
                uint8_t status = cursor_u8(&cursor);
                cursor_skip(&cursor, 3);
                uint8_t type = cursor_u8(&cursor);
                cursor_skip(&cursor, 3);
                uint32_t start = cursor_u32(&cursor), size = cursor_u32(&cursor);
                sane &= !(status & 0x7F);
                used += type && start && size;
                // The firmware checks this before it reads a GPT.
                mbr.protective |= !status && type == MBR_TYPE_PROTECTIVE && start == 1;
        }
        bool signature = cursor_u16(&cursor) == MBR_SIGNATURE;
        mbr.partitioned = signature && sane && used;
        mbr.protective &= signature;
        return mbr;
}

static bool parse_partition(struct bytes entry, unsigned index, struct gpt_partition *partition)
{
        struct cursor cursor = cursor_at(entry, 0);
        *partition = (struct gpt_partition){.index = index};
        partition->type = guid_read(&cursor);
        partition->unique = guid_read(&cursor);
        partition->first = cursor_u64(&cursor);
        partition->last = cursor_u64(&cursor);
        partition->attributes = cursor_u64(&cursor);
        if (guid_is_zero(partition->type))
                return false;
        partition->name = text_from_utf16(cursor_bytes(&cursor, NAME_SIZE));
        return true;
}

static void add_remark(struct gpt *gpt, char *sentence)
{
        if (!gpt->remark) {
                gpt->remark = sentence;
                return;
        }
        char *both = text_format("%s %s", gpt->remark, sentence);
        free(gpt->remark);
        free(sentence);
        gpt->remark = both;
}

// Why the firmware ignores a partition, as the end of a sentence; NULL if it does not. Source: EDK2
// MdeModulePkg, Universal/Disk/PartitionDxe/Gpt.c.
static const char *reason_to_pass_over(const struct gpt *gpt, const struct gpt_partition *partition, uint64_t sectors)
{
        if (partition->first > partition->last || partition->last >= sectors)
                return "lies outside the disk";
        if (partition->first < gpt->first_usable || partition->last > gpt->last_usable)
                return "lies outside the usable space of the GPT";
        return partition->attributes & ATTRIBUTE_NOT_FOR_FIRMWARE ? "is marked as not for the firmware" : NULL;
}

static int compare_first(const void *left, const void *right)
{
        const struct gpt_partition *a = *(const struct gpt_partition *const *)left;
        const struct gpt_partition *b = *(const struct gpt_partition *const *)right;
        return a->first != b->first ? (a->first < b->first ? -1 : 1) : (int)a->index - (int)b->index;
}

// Marks every partition that shares a sector with another. Comparing with the earlier one that ends last is enough:
// other overlaps were marked before.
static void mark_overlaps(const struct gpt *gpt, bool *overlaps)
{
        AUTO_FREE const struct gpt_partition **sorted =
                memory_new(gpt->count + 1, sizeof(const struct gpt_partition *));
        for (size_t i = 0; i < gpt->count; i++)
                sorted[i] = &gpt->partitions[i];
        qsort(sorted, gpt->count, sizeof(const struct gpt_partition *), compare_first);
        const struct gpt_partition *farthest = gpt->count ? sorted[0] : NULL;
        for (size_t i = 1; i < gpt->count; i++) {
                if (sorted[i]->first <= farthest->last) {
                        overlaps[sorted[i] - gpt->partitions] = true;
                        overlaps[farthest - gpt->partitions] = true;
                }
                if (sorted[i]->last > farthest->last)
                        farthest = sorted[i];
        }
}

static void remark_passed_over(struct gpt *gpt, const struct gpt_partition *partition, const char *why)
{
        add_remark(gpt, text_format("Partition %u %s and is ignored.", partition->index, why));
}

static void drop_overlaps(struct gpt *gpt)
{
        AUTO_FREE bool *overlaps = memory_new(gpt->count + 1, sizeof *overlaps);
        mark_overlaps(gpt, overlaps);
        size_t kept = 0;
        for (size_t i = 0; i < gpt->count; i++) {
                if (!overlaps[i]) {
                        gpt->partitions[kept++] = gpt->partitions[i];
                        continue;
                }
                remark_passed_over(gpt, &gpt->partitions[i], "overlaps another");
                free(gpt->partitions[i].name);
        }
        gpt->count = kept;
}

static void take_partitions(struct disk *disk, const struct copy *copy, struct gpt *gpt)
{
        uint64_t sectors = disk_size(disk) / copy->sector_size;
        gpt->state = GPT_PRESENT;
        gpt->sector_size = copy->sector_size;
        gpt->disk = copy->disk;
        gpt->first_usable = copy->first_usable;
        gpt->last_usable = copy->last_usable;
        gpt->partitions = memory_new((size_t)copy->entry_count + 1, sizeof *gpt->partitions);
        for (uint32_t i = 0; i < copy->entry_count; i++) {
                struct bytes entry;
                struct gpt_partition *partition = &gpt->partitions[gpt->count];
                if (!bytes_slice(buffer_view(&copy->table), (uint64_t)i * copy->entry_size, copy->entry_size, &entry) ||
                    !parse_partition(entry, i + 1, partition))
                        continue;
                const char *why = reason_to_pass_over(gpt, partition, sectors);
                if (!why) {
                        gpt->count++;
                        continue;
                }
                remark_passed_over(gpt, partition, why);
                free(partition->name);
        }
        drop_overlaps(gpt);
}

static void remark_backup(struct disk *disk, const struct copy *primary, const struct copy *backup, struct gpt *gpt)
{
        if (backup->problem)
                add_remark(gpt, text_format("The backup copy of the GPT is damaged: %s.", backup->problem));
        else if (!guid_equal(backup->disk, primary->disk) || backup->table_checksum != primary->table_checksum)
                add_remark(gpt, text_format("The backup copy of the GPT differs from the primary one."));
        else if (backup->at != disk_size(disk) / backup->sector_size - 1)
                add_remark(gpt,
                           text_format("The backup copy of the GPT is not at the end of the disk: the disk was made "
                                       "larger after it was partitioned."));
}

static bool everything_is_zero(struct disk *disk, bool *zero, struct error *err)
{
        size_t size = disk_size(disk) < LOOKED_AT ? (size_t)disk_size(disk) : LOOKED_AT;
        AUTO_FREE uint8_t *start = memory_new(size + 1, 1);
        if (!disk_read(disk, 0, start, size, err))
                return false;
        *zero = bytes_all((struct bytes){start, size}, 0);
        return true;
}

// Neither copy is valid: determines what the disk has instead.
static bool read_absence(struct disk *disk, struct mbr mbr, const char *primary_problem, const char *backup_problem,
                         struct gpt *gpt, struct error *err)
{
        if (primary_problem || backup_problem || mbr.protective)
                return error_set(err, ERROR_DAMAGED,
                                 "%s: both copies of its GPT are damaged. The primary: %s. The backup: %s",
                                 disk_path(disk), primary_problem ? primary_problem : "not found",
                                 backup_problem ? backup_problem : "not found");
        bool zero;
        if (!everything_is_zero(disk, &zero, err))
                return false;
        gpt->state = zero ? GPT_BLANK : mbr.partitioned ? GPT_MBR_ONLY : GPT_UNKNOWN;
        return true;
}

bool gpt_read(struct disk *disk, struct gpt *gpt, struct error *err)
{
        static const uint32_t sector_sizes[] = {512, 4096};
        uint8_t sector[MBR_SIZE] = {0};
        *gpt = (struct gpt){0};
        if (disk_size(disk) >= MBR_SIZE && !disk_read(disk, 0, sector, sizeof sector, err))
                return false;
        struct mbr mbr = parse_mbr((struct bytes){sector, sizeof sector});

        const char *problems[NO_COPIES] = {NULL, NULL};
        for (size_t i = 0; i < sizeof sector_sizes / sizeof *sector_sizes; i++) {
                AUTO_COPY struct copy primary = {0}, backup = {0};
                if (!read_copy(disk, sector_sizes[i], 1, &primary, err))
                        return false;
                uint64_t sectors = disk_size(disk) / sector_sizes[i];
                uint64_t backup_at = primary.problem ? sectors - 1 : primary.alternate;
                if (!read_copy(disk, sector_sizes[i], backup_at, &backup, err))
                        return false;
                if (primary.problem && backup.problem) {
                        problems[0] = primary.signature ? primary.problem : problems[0];
                        problems[1] = backup.signature ? backup.problem : problems[1];
                        continue;
                }
                take_partitions(disk, primary.problem ? &backup : &primary, gpt);
                gpt->protective_mbr = mbr.protective;
                if (!primary.problem)
                        remark_backup(disk, &primary, &backup, gpt);
                else
                        add_remark(gpt, text_format("The primary copy of the GPT is damaged (%s); the backup was read.",
                                                    primary.problem));
                if (!mbr.protective)
                        add_remark(gpt, text_format("The disk has no protective MBR, and without it the firmware "
                                                    "ignores the GPT."));
                return true;
        }
        return read_absence(disk, mbr, problems[0], problems[1], gpt, err);
}
