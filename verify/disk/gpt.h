// SPDX-License-Identifier: Apache-2.0
//
// The GUID partition table of a disk: its partitions, their types and positions.
// Source: UEFI 2.10, 5.3.
//
// A GPT has two copies, after the first sector and at the end of the disk, each with two checksums. If the primary is
// bad, the backup is used, as the firmware does, with a remark. Sectors have 512 or 4096 bytes. Partitions that the
// firmware ignores (overlapping, out of range, or marked as not for the firmware) are ignored too, with a remark.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "varstore/guid.h"
#include "verify/disk/disk.h"

struct gpt_partition {
        unsigned index;       // from 1, as in HD(1,GPT,...)
        struct guid type;     // what it is for; see gpt_type_name
        struct guid unique;   // by which a boot entry names it
        uint64_t first, last; // in sectors, both inclusive
        uint64_t attributes;
        char *name; // UTF-8; may be empty
};

enum gpt_state {
        GPT_PRESENT,
        GPT_BLANK,    // the first sectors are all zeroes: never installed
        GPT_MBR_ONLY, // partitioned with an MBR
        GPT_UNKNOWN,  // other content: a file system without partitions, or random bytes
};

struct gpt {
        enum gpt_state state;
        // The members below are only set for GPT_PRESENT.
        uint32_t sector_size; // in bytes
        struct guid disk;
        uint64_t first_usable, last_usable; // in sectors
        struct gpt_partition *partitions;   // the used ones, in the order of their index
        size_t count;
        bool protective_mbr; // without it, the firmware ignores the GPT
        char *remark;        // sentences: damaged copies, ignored partitions; NULL if none
};
#define AUTO_GPT __attribute__((cleanup(gpt_free)))

// Reads the GPT of DISK. A disk without a GPT is not a failure; ERROR_DAMAGED if both copies are damaged. Free GPT with
// gpt_free.
bool gpt_read(struct disk *disk, struct gpt *gpt, struct error *err);
void gpt_free(struct gpt *gpt);

// The EFI system partition: the first one of that type, NULL if none.
const struct gpt_partition *gpt_find_esp(const struct gpt *gpt);

// The partition with the unique GUID, NULL if none.
const struct gpt_partition *gpt_find(const struct gpt *gpt, struct guid unique);

bool gpt_is_esp(const struct gpt_partition *partition);

// In sectors, as in HD(...,START,SIZE), and in bytes.
uint64_t gpt_partition_size(const struct gpt_partition *partition);
uint64_t gpt_partition_offset_bytes(const struct gpt *gpt, const struct gpt_partition *partition);
uint64_t gpt_partition_size_bytes(const struct gpt *gpt, const struct gpt_partition *partition);

// "EFI system partition", "ESX OSData", ...; NULL for a type that is not in the table.
const char *gpt_type_name(struct guid type);

// What the disk has instead of a GPT, as the end of a sentence: "it is blank", "it has only an MBR", ...
const char *gpt_state_text(enum gpt_state state);
