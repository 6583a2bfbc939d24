// SPDX-License-Identifier: Apache-2.0
//
// The firmware volume around the variables: where the parts of a store are in its image, and whether a write is
// pending.
//
//         AAVMF, 64 MiB        OVMF 4M, 528 KiB     OVMF, 128 KiB
//         0x00000-0x3FFFF      0x00000-0x3FFFF      0x00000-0x0DFFF    volume header, store header, variables
//         0x40000-0x7FFFF      0x41000-0x41FFF      0x0F000-0x0FFFF    working block of fault-tolerant writes (FTW)
//         0x80000-0xBFFFF      0x42000-0x83FFF      0x10000-0x1FFFF    spare block
//         up to 64 MiB: padding to the size of a pflash bank
//
// The firmware compacts the variables by writing them to the spare block first; the working block's write queue records
// the progress. While the spare is complete and the variables are not, the spare is valid. Source: UEFI PI 1.7, volume
// 3, 3.2.1 (volume header); EDK2 MdeModulePkg, Include/Guid/VariableFormat.h (store header),
// Include/Guid/SystemNvDataGuid.h and Universal/FaultTolerantWriteDxe (working block and queue).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/remark.h"
#include "varstore/variable.h"

enum volume_kind {
        VOLUME_FORMATTED,
        VOLUME_BLANK, // all 0x00 or all 0xFF: the firmware formats it when it first starts
};

// The state of the write queue.
enum volume_queue {
        QUEUE_ABSENT,  // the image has no working block
        QUEUE_CLEAN,   // nothing is pending
        QUEUE_ABORTED, // a write was cut off before the spare was complete: the variables are valid, the spare is not
        QUEUE_PENDING, // the spare is complete and the write is not: the spare is valid
        QUEUE_DAMAGED, // the working block cannot be read; the firmware creates a new one
};

// All offsets and sizes in bytes from the image's start.
struct volume {
        enum volume_kind kind;
        uint64_t size;                    // of the volume; what follows is padding
        uint64_t header_size;             // the store header follows
        uint64_t block_size, block_count; // of the flash; AAVMF includes the padding
        uint32_t attributes;
        uint64_t variables_at, variables_end; // where records may be, after both headers
        enum variable_format format;
        uint64_t working_at, working_size; // 0 if the image has no FTW area
        uint64_t spare_at, spare_size;
        enum volume_queue queue;
        uint64_t pending_target, pending_size;   // if QUEUE_PENDING: where the spare must be copied to
        uint64_t pending_header, pending_record; // and the records of the queue for it
};

// Reads the headers of IMAGE. A blank image is VOLUME_BLANK with the layout for its size, not an error. What is odd or
// damaged but readable is added to REMARKS. Fails (ERROR_DAMAGED), with the offset in ERR, only if the variables cannot
// be found. Every part of VOLUME is inside IMAGE.
bool volume_read(struct bytes image, struct volume *volume, struct remarks *remarks, struct error *err);

// The layout that the firmware gives a blank image of IMAGE_SIZE bytes. False if no firmware with that size is known.
bool volume_layout(uint64_t image_size, struct volume *volume);

// Whether volume_build can create this layout: it has a working block, and its headers are where every known firmware
// puts them.
bool volume_can_build(const struct volume *volume);

// Adds VOLUME->size bytes to BUFFER: an empty store with that layout, as the firmware formats it.
void volume_build(const struct volume *volume, struct buffer *buffer);

// Completes the pending write in the volume at BYTES as the firmware would: copies the spare to its target and marks
// the write as done; the queue is then clean. Only for QUEUE_PENDING.
void volume_settle(struct volume *volume, uint8_t *bytes);
