// SPDX-License-Identifier: Apache-2.0
// What is on a disk: its partitions, and whether some of them make it a disk of ESXi, VMFS or vSAN. Pure.
// Source: UEFI 2.10, 5.2.1 "Legacy Master Boot Record" and 5.3 "GUID Partition Table (GPT) Disk Layout"; VMware's
// partition types as sfdisk and gdisk list them.
#pragma once

#include "launcher/rehearsal/disk/gpt.h"

#define CONTENTS_MAX 32 // partitions that are read

struct contents {
        bool is_occupied;        // it has a partition
        bool has_vmfs, has_vsan; // by partition type
        bool has_esxi;           // a boot bank that carries the marker; contents_read leaves it false
        struct guid bank;        // of the first one that does
        struct guid disk;        // of the GPT
        struct gpt_partition partitions[CONTENTS_MAX]; // of the GPT; without names
        size_t count;
};

// Reads the first blocks of a disk. Neither a GPT nor an MBR: nothing is on it.
void contents_read(struct contents *contents, const uint8_t start[GPT_START_BLOCKS * GPT_BLOCK_SIZE]);

// The partition with that number, NULL if the GPT has none.
const struct gpt_partition *contents_partition(const struct contents *contents, unsigned number);

// The first VMFS partition, NULL if the GPT has none.
const struct gpt_partition *contents_vmfs(const struct contents *contents);

// Whether PARTITION may be a boot bank, by its type and number.
bool contents_may_be_bank(const struct gpt_partition *partition);
