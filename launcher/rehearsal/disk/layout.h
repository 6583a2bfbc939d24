// SPDX-License-Identifier: Apache-2.0
// Where ESXi 8 puts its partitions on a disk: the ESP, two boot banks, and OSDATA in what is left. Pure.
// The numbers and the ESP's place are ESXi's; the boot banks grow with the disk as they do there.
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

// Plans the partitions of a disk with that many 512-byte blocks; the unique GUIDs are left for the caller to fill in.
// False if the disk is too small.
bool layout_plan(uint64_t disk_blocks, struct gpt_partition partitions[LAYOUT_COUNT]);
