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

// Plans the partitions of a disk with DISK_BLOCKS 512-byte blocks; the caller fills in the unique GUIDs. False if the
// disk is too small.
bool layout_plan(uint64_t disk_blocks, struct gpt_partition partitions[LAYOUT_COUNT]);
