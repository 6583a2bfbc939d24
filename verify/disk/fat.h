// SPDX-License-Identifier: Apache-2.0
//
// Finds and reads files of a FAT file system (FAT12, FAT16, FAT32) on a disk by path, as the firmware does when it
// starts a boot entry.
// Source: Microsoft FAT specification, 30 August 2005; UEFI 2.10, 13.3.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "verify/disk/disk.h"

struct fat;
#define AUTO_FAT __attribute__((cleanup(fat_close)))

// Opens the file system in SIZE bytes from OFFSET of DISK, which must outlive FAT. ERROR_DAMAGED if it is not a FAT
// file system or its boot sector is inconsistent.
bool fat_open(struct disk *disk, uint64_t offset, uint64_t size, struct fat **fat, struct error *err);

// Frees *FAT and sets it to NULL; does nothing if it is already NULL.
void fat_close(struct fat **fat);

enum fat_kind {
        FAT_ABSENT,
        FAT_FILE,
        FAT_FOLDER,
};

struct fat_file {
        enum fat_kind kind;
        uint32_t size;          // in bytes; 0 for a folder
        uint32_t first_cluster; // 0 for an empty file and for the root folder of FAT12 and FAT16
};

// Finds PATH from the root: parts separated by `\` or `/`, long or short names, ASCII letters in any case. A missing
// file is not a failure (FAT_ABSENT). ERROR_DAMAGED if a folder's cluster chain is broken or circular.
bool fat_find(struct fat *fat, const char *path, struct fat_file *file, struct error *err);

// Reads FILE (which fat_find found) into BUFFER. ERROR_DAMAGED if it is longer than LIMIT bytes or than its cluster
// chain.
bool fat_read_file(struct fat *fat, const struct fat_file *file, uint32_t limit, struct buffer *buffer,
                   struct error *err);
