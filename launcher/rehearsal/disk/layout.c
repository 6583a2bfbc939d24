// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/disk/layout.h"

#include "launcher/rehearsal/base/memory.h"

#define BOOTBANK1_FIRST 208896
#define ALIGNMENT       2048 // 1 MiB

static const struct guid type_esp = {0xC12A7328, 0xF81F, 0x11D2, {0xBA, 0x4B, 0x00, 0xA0, 0xC9, 0x3E, 0xC9, 0x3B}};
const struct guid layout_bank_type = {0xEBD0A0A2, 0xB9E5, 0x4433, {0x87, 0xC0, 0x68, 0xB6, 0xB7, 0x26, 0x99, 0xC7}};
static const struct guid type_osdata = {0x4EB2EA39, 0x7855, 0x4790, {0xA7, 0x9E, 0xFA, 0xE4, 0x95, 0xE2, 0x1F, 0x8D}};

// The size of a boot bank by the least size of the disk. The largest is just below FAT16's limit of 4 GiB.
static const struct {
        uint64_t disk_bytes;
        uint64_t bank_blocks;
} bank_sizes[] = {
        {UINT64_C(32) << 30, 8386560},
        {UINT64_C(10) << 30, 2097152},
        {LAYOUT_MIN_BYTES, 1024000},
};

static uint64_t bank_blocks(uint64_t disk_blocks)
{
        for (size_t i = 0; i < sizeof bank_sizes / sizeof *bank_sizes; i++)
                if (disk_blocks >= bank_sizes[i].disk_bytes / GPT_BLOCK_SIZE)
                        return bank_sizes[i].bank_blocks;
        return 0;
}

static uint64_t align_down(uint64_t block)
{
        return block / ALIGNMENT * ALIGNMENT;
}

// Where the partition after LAST begins: at the next boundary, after a gap of one alignment, as with ESXi.
static uint64_t next_first(uint64_t last)
{
        return align_down(last + ALIGNMENT) + ALIGNMENT;
}

bool layout_plan(uint64_t disk_blocks, uint64_t end, struct gpt_partition partitions[LAYOUT_COUNT])
{
        uint64_t bank = bank_blocks(disk_blocks);
        if (!bank)
                return false;
        uint64_t bank1 = BOOTBANK1_FIRST;
        uint64_t bank2 = next_first(bank1 + bank - 1);
        uint64_t osdata = next_first(bank2 + bank - 1);
        uint64_t usable = gpt_last_usable(disk_blocks) + 1;
        uint64_t osdata_end = align_down(end && end < usable ? end : usable);
        if (osdata_end <= osdata)
                return false;
        const struct gpt_partition planned[LAYOUT_COUNT] = {
                [LAYOUT_ESP] = {1, type_esp, {0}, LAYOUT_ESP_FIRST, LAYOUT_ESP_FIRST + LAYOUT_ESP_BLOCKS - 1, "BOOT"},
                [LAYOUT_BOOTBANK1] = {5, layout_bank_type, {0}, bank1, bank1 + bank - 1, "BOOTBANK1"},
                [LAYOUT_BOOTBANK2] = {6, layout_bank_type, {0}, bank2, bank2 + bank - 1, "BOOTBANK2"},
                [LAYOUT_OSDATA] = {7, type_osdata, {0}, osdata, osdata_end - 1, "OSDATA"},
        };
        memcpy(partitions, planned, sizeof planned);
        return true;
}
