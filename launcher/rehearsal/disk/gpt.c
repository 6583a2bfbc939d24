// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/disk/gpt.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/crc32.h"
#include "launcher/rehearsal/base/memory.h"

#define HEADER_SIZE  92
#define REVISION_1_0 0x00010000u

uint64_t gpt_last_usable(uint64_t disk_blocks)
{
        return disk_blocks - GPT_END_BLOCKS - 1;
}

static bool partition_fits(const struct gpt *gpt, const struct gpt_partition *partition)
{
        return partition->number >= 1 && partition->number <= GPT_ENTRY_COUNT && partition->first <= partition->last &&
               partition->first >= GPT_FIRST_USABLE && partition->last <= gpt_last_usable(gpt->disk_blocks);
}

// UEFI 2.10, table 5.4: one record of type 0xEE that covers the disk, as far as 32 bits reach.
static void build_protective_mbr(uint8_t *block, uint64_t disk_blocks)
{
        uint64_t covered = disk_blocks - 1;
        uint8_t *record = block + 446;
        memcpy(record, (uint8_t[]){0x00, 0x00, 0x02, 0x00, 0xEE, 0xFF, 0xFF, 0xFF}, 8);
        store32(record + 8, 1);
        store32(record + 12, covered > UINT32_MAX ? UINT32_MAX : (uint32_t)covered);
        store16(block + 510, 0xAA55);
}

// UEFI 2.10, table 5.6.
static void build_entry(uint8_t *entry, const struct gpt_partition *partition)
{
        guid_store(entry, &partition->type);
        guid_store(entry + 16, &partition->unique);
        store64(entry + 32, partition->first);
        store64(entry + 40, partition->last);
        for (size_t i = 0; i < GPT_NAME_MAX && partition->name[i]; i++)
                store16(entry + 56 + 2 * i, (uint8_t)partition->name[i]);
}

// UEFI 2.10, table 5.5. AT is the LBA of this header, OTHER of the other copy, ENTRIES of this copy's entries.
static void build_header(uint8_t *block, const struct gpt *gpt, uint32_t entries_crc, uint64_t at, uint64_t other,
                         uint64_t entries)
{
        memcpy(block, "EFI PART", 8);
        store32(block + 8, REVISION_1_0);
        store32(block + 12, HEADER_SIZE);
        store64(block + 24, at);
        store64(block + 32, other);
        store64(block + 40, GPT_FIRST_USABLE);
        store64(block + 48, gpt_last_usable(gpt->disk_blocks));
        guid_store(block + 56, &gpt->disk);
        store64(block + 72, entries);
        store32(block + 80, GPT_ENTRY_COUNT);
        store32(block + 84, GPT_ENTRY_SIZE);
        store32(block + 88, entries_crc);
        store32(block + 16, crc32(block, HEADER_SIZE));
}

bool gpt_build(const struct gpt *gpt, uint8_t start[GPT_START_BLOCKS * GPT_BLOCK_SIZE],
               uint8_t end[GPT_END_BLOCKS * GPT_BLOCK_SIZE])
{
        if (gpt->disk_blocks <= GPT_START_BLOCKS + GPT_END_BLOCKS)
                return false;
        for (size_t i = 0; i < gpt->count; i++)
                if (!partition_fits(gpt, &gpt->partitions[i]))
                        return false;

        memset(start, 0, GPT_START_BLOCKS * GPT_BLOCK_SIZE);
        memset(end, 0, GPT_END_BLOCKS * GPT_BLOCK_SIZE);
        build_protective_mbr(start, gpt->disk_blocks);

        uint8_t *entries = start + 2 * GPT_BLOCK_SIZE;
        for (size_t i = 0; i < gpt->count; i++)
                build_entry(entries + (gpt->partitions[i].number - 1) * GPT_ENTRY_SIZE, &gpt->partitions[i]);
        memcpy(end, entries, GPT_ENTRY_BLOCKS * GPT_BLOCK_SIZE);

        uint32_t entries_crc = crc32(entries, GPT_ENTRY_COUNT * GPT_ENTRY_SIZE);
        uint64_t last = gpt->disk_blocks - 1;
        build_header(start + GPT_BLOCK_SIZE, gpt, entries_crc, 1, last, 2);
        build_header(end + GPT_ENTRY_BLOCKS * GPT_BLOCK_SIZE, gpt, entries_crc, last, 1, last - GPT_ENTRY_BLOCKS);
        return true;
}
