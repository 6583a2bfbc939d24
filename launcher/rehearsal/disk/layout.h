// SPDX-License-Identifier: Apache-2.0
// ESXi 8's partitions: the ESP, two boot banks whose size depends on the disk's, and OSDATA in the rest. Numbers and
// places are ESXi's. Pure.
#pragma once

#include "launcher/rehearsal/disk/gpt.h"

#include <stdbool.h>
#include <stdint.h>

#define LAYOUT_ESP_FIRST  64
#define LAYOUT_ESP_BLOCKS 0x32000             // 100 MiB: LBA 64 to 204863
#define LAYOUT_MIN_BYTES  (UINT64_C(8) << 30) // a smaller disk is refused

enum layout_partition {
        LAYOUT_ESP,
        LAYOUT_BOOTBANK1,
        LAYOUT_BOOTBANK2,
        LAYOUT_OSDATA,
        LAYOUT_COUNT,
};

// The type of a boot bank.
extern const struct guid layout_bank_type;

// Plans the partitions of a disk with DISK_BLOCKS 512-byte blocks, none of them at block END or behind (0: up to the
// disk's end); the caller fills in the unique GUIDs. False if there is too little room.
bool layout_plan(uint64_t disk_blocks, uint64_t end, struct gpt_partition partitions[LAYOUT_COUNT]);
