// SPDX-License-Identifier: Apache-2.0
//
// Match: whether a variable store, a disk and a firmware belong together.
//
// They do if the firmware is the one that the disk was installed with, and BootOrder has an active entry with the label
// that leads to a partition of this disk (the GUID, start and size in its HD() node equal those in the disk's GPT) on
// which the loader file exists. Otherwise the first difference is reported.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "varstore/guid.h"
#include "verify/disk/disk.h"

struct bootchain;

// Everything is borrowed.
struct match_input {
        const struct bootchain *chain; // NULL if the store is blank
        struct disk *disk;
        // SHA-256 of AAVMF_CODE.fd, in hexadecimal: of the firmware of the installation, and of the one to be used. If
        // either is NULL, the firmware is not compared.
        const char *expected_code, *actual_code;
        const char *label; // of the boot entry; NULL means "VMware ESXi"
};

// In the order of the comparison: of several entries with the label, the one with the later reason is the closer match.
enum match_reason {
        MATCH_HOLDS,
        MATCH_FIRMWARE_CHANGED,
        MATCH_DISK_BLANK,       // nothing was ever written to the disk's first sectors
        MATCH_DISK_WITHOUT_GPT, // an MBR or something else
        MATCH_DISK_DAMAGED,     // both copies of its GPT are damaged
        MATCH_DISK_WITHOUT_ESP,
        MATCH_VARS_BLANK,
        MATCH_ENTRY_MISSING,
        MATCH_ENTRY_WITHOUT_PARTITION, // its device path has no HD() node with a GUID
        MATCH_OTHER_DISK,              // no partition of this disk has the entry's GUID
        MATCH_PARTITION_MOVED,         // it has another start or size on this disk
        MATCH_ESP_DAMAGED,             // the partition has no valid FAT file system
        MATCH_LOADER_MISSING,
        MATCH_ENTRY_INACTIVE,
        MATCH_ENTRY_NOT_ORDERED, // it is not in BootOrder
};

struct match {
        bool holds; // reason == MATCH_HOLDS
        enum match_reason reason;
        char *explanation;      // one sentence
        char *found, *expected; // what differs, as text; NULL if the reason has no values

        bool has_entry; // an entry with the label was found
        uint16_t entry; // the number of its Boot####: the one that matches, or the closest
        char *loader;   // its file, as `\EFI\VMware\safeboot64.efi`; NULL if none

        bool has_partition; // the disk has the entry's partition, or else an ESP
        unsigned partition;
        struct guid partition_guid;
        uint64_t partition_start, partition_size; // in sectors

        char *remark; // about a damaged copy of the GPT that does not matter for the match; NULL if none
};
#define AUTO_MATCH __attribute__((cleanup(match_free)))

// Compares. False only if the disk's image cannot be read at all; a mismatch is a result, not a failure.
// Free MATCH with match_free.
bool match_compare(const struct match_input *input, struct match *match, struct error *err);
void match_free(struct match *match);

// The reason as a stable word for JSON and scripts: "holds", "entry-missing", "other-disk", ...
const char *match_reason_id(enum match_reason reason);

// What to do about it, a sentence or two; NULL for MATCH_HOLDS.
const char *match_reason_advice(enum match_reason reason);
