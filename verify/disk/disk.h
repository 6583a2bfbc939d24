// SPDX-License-Identifier: Apache-2.0
//
// A disk image as the guest sees it, readable at any offset. It is never written or locked; a machine may be using it
// (reads then return what QEMU has written so far).
//
// Reads every format that qemu-img supports (qcow2, raw, vmdk, vdi, vhdx, vpc ...), with backing files, sparse or
// compressed. `qemu-img info` reports format and backing files, `qemu-img map` the file and offset of each extent,
// which is then read directly. An extent without an offset (compressed, or not reported) is fetched with `qemu-img
// convert`.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct disk;
#define AUTO_DISK __attribute__((cleanup(disk_close)))

// Opens the image at PATH as FORMAT ("qcow2", "raw", ...); NULL detects it from the first bytes. Pass it if it is
// known: a guest can write another format's header to its raw disk. Fails with ERROR_USAGE if the file does not exist,
// ERROR_DAMAGED if it is not a valid image, ERROR_ENVIRONMENT if qemu-img is missing or the file is not readable.
bool disk_open(const char *path, const char *format, struct disk **disk, struct error *err);

// A raw disk with CONTENT, which must outlive it. NAME is its path in messages.
struct disk *disk_of_bytes(const char *name, struct bytes content);

// Frees *DISK and sets it to NULL; does nothing if it is already NULL.
void disk_close(struct disk **disk);

// In bytes, as the guest sees it.
uint64_t disk_size(const struct disk *disk);
const char *disk_format(const struct disk *disk);
const char *disk_path(const struct disk *disk); // as it was given to disk_open

// Reads SIZE bytes from OFFSET. Fails with ERROR_DAMAGED if the range is not entirely on the disk.
bool disk_read(struct disk *disk, uint64_t offset, void *data, size_t size, struct error *err);
