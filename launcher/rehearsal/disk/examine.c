// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/disk/examine.h"

#include "launcher/rehearsal/disk/bank.h"
#include "launcher/rehearsal/efi/firmware.h"

#define START_SIZE (GPT_START_BLOCKS * GPT_BLOCK_SIZE)

static void find_bank(const struct disk *disk, struct contents *contents, uint8_t *sector)
{
        for (size_t i = 0; i < contents->count && !contents->has_esxi; i++) {
                const struct gpt_partition *partition = &contents->partitions[i];
                contents->has_esxi = contents_may_be_bank(partition) &&
                                     disk_read(disk, partition->first + BANK_MARKER_SECTOR, sector, GPT_BLOCK_SIZE) &&
                                     bank_is_marked(sector, &contents->bank);
        }
}

void disk_examine(const struct disk *disk, struct contents *contents)
{
        uint8_t *start = firmware_allocate(START_SIZE);
        *contents = (struct contents){0};
        if (start && disk->block_size == GPT_BLOCK_SIZE && disk->blocks > GPT_START_BLOCKS &&
            disk_read(disk, 0, start, START_SIZE)) {
                contents_read(contents, start);
                find_bank(disk, contents, start);
        }
        firmware_release(start, START_SIZE);
}
