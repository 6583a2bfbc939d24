// SPDX-License-Identifier: Apache-2.0
// Builds the GUID partition table of a disk with 512-byte blocks: protective MBR, header and entries at the start,
// their backup at the end. Pure.
// Source: UEFI 2.10, chapter 5 "GUID Partition Table (GPT) Disk Layout".
#pragma once

#include "launcher/rehearsal/efi/guid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GPT_BLOCK_SIZE   512
#define GPT_ENTRY_COUNT  128
#define GPT_ENTRY_SIZE   128
#define GPT_ENTRY_BLOCKS (GPT_ENTRY_COUNT * GPT_ENTRY_SIZE / GPT_BLOCK_SIZE) // 32
#define GPT_START_BLOCKS (2 + GPT_ENTRY_BLOCKS)                              // MBR, header, entries: LBA 0 to 33
#define GPT_END_BLOCKS   (GPT_ENTRY_BLOCKS + 1)                              // entries, header: the disk's last 33
#define GPT_FIRST_USABLE GPT_START_BLOCKS
#define GPT_NAME_MAX     36 // UTF-16 units

struct gpt_partition {
        unsigned number; // from 1, as in HD(1,GPT,...); gaps are allowed
        struct guid type, unique;
        uint64_t first, last; // LBA, both inclusive
        const char *name;     // ASCII, at most GPT_NAME_MAX characters
};

struct gpt {
        uint64_t disk_blocks;
        struct guid disk;
        const struct gpt_partition *partitions;
        size_t count;
};

// START is for LBA 0 to 33, END for the last 33 blocks of the disk. False if a partition's number or blocks are out of
// range, or the disk is too small for the tables.
bool gpt_build(const struct gpt *gpt, uint8_t start[GPT_START_BLOCKS * GPT_BLOCK_SIZE],
               uint8_t end[GPT_END_BLOCKS * GPT_BLOCK_SIZE]);

// The last block that a partition may use.
uint64_t gpt_last_usable(uint64_t disk_blocks);
