// SPDX-License-Identifier: Apache-2.0
// The machine's disks, from the firmware's Block I/O; no partitions, no empty drives.
#pragma once

#include "launcher/rehearsal/efi/uefi.h"

#define DISKS_MAX      64
#define DISK_NAME_SIZE 48

struct disk {
        efi_handle handle;
        struct efi_block_io *io;
        uint64_t blocks;
        uint32_t block_size;
        bool is_usb;
        bool is_boot_medium;       // this program was loaded from it
        char name[DISK_NAME_SIZE]; // "QEMU QEMU HARDDISK (PCI 1.0, USB port 0)"
};

struct disks {
        struct disk list[DISKS_MAX];
        size_t count;
};

// BOOT_DEVICE is the volume that this program was loaded from.
void disks_find(struct disks *disks, efi_handle boot_device);

// The disk that this program was loaded from; NULL if it is not in the list.
const struct disk *disks_boot_medium(const struct disks *disks);

uint64_t disk_bytes(const struct disk *disk);

// Reads SIZE bytes, a multiple of the block size, to page-aligned BYTES.
bool disk_read(const struct disk *disk, uint64_t lba, void *bytes, size_t size);

// Writes SIZE bytes, a multiple of the block size, from page-aligned BYTES.
bool disk_write(const struct disk *disk, uint64_t lba, const void *bytes, size_t size);

bool disk_flush(const struct disk *disk);
