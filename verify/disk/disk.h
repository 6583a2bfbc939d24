// SPDX-License-Identifier: Apache-2.0
//
// A disk image as the guest sees it: SIZE bytes that can be read at any offset. Never written, never locked; a machine
// may be running on it (what is seen then is what QEMU has written to the file so far).
//
// Every format that qemu-img knows is read: qcow2, raw, vmdk, vdi, vhdx, vpc and the rest, with backing files, sparse or
// compressed. `qemu-img info` says what the image is and what it stands on, `qemu-img map` where in which file each
// extent lies, and the bytes are then read from those files directly; an extent that has no place of its own (compressed,
// or of a format that does not tell) is fetched through `qemu-img convert`.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct disk;
#define AUTO_DISK __attribute__((cleanup(disk_close)))

// Opens the image at PATH as FORMAT ("qcow2", "raw", ...); where FORMAT is NULL, as what its first bytes say. Name the
// format where it is known: a guest can write a header of another format at the start of its raw disk.
// Fails with ERROR_USAGE where there is no such file, ERROR_DAMAGED where it is no sound image of its format, and
// ERROR_ENVIRONMENT where qemu-img is missing or the file may not be read.
bool disk_open(const char *path, const char *format, struct disk **disk, struct error *err);

// A raw disk whose content is CONTENT, which must outlive it; NAME stands in messages for its path. What reads disks can
// so be given any bytes.
struct disk *disk_of_bytes(const char *name, struct bytes content);

// Frees *DISK, which becomes NULL; nothing where it is NULL already.
void disk_close(struct disk **disk);

// In bytes, as the guest sees it.
uint64_t disk_size(const struct disk *disk);
const char *disk_format(const struct disk *disk);
const char *disk_path(const struct disk *disk); // as it was given to disk_open

// Reads SIZE bytes from OFFSET. Fails with ERROR_DAMAGED where that is not all on the disk.
bool disk_read(struct disk *disk, uint64_t offset, void *data, size_t size, struct error *err);
