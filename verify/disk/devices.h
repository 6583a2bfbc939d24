// SPDX-License-Identifier: Apache-2.0
//
// The disks of a machine as the firmware will see them: their partitions and, on FAT file systems, the files that boot
// entries start. Read from the images as input for varstore/predict.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "varstore/predict.h"
#include "verify/disk/disk.h"

// Add them in the firmware's order: by PCI address, then by port. Start from {0}; free with devices_free.
struct devices {
        struct predict_device *items; // the list also owns their texts
        size_t count;
};
#define AUTO_DEVICES __attribute__((cleanup(devices_free)))
void devices_free(struct devices *devices);

// Adds the disk that DEVICE describes (its partitions are ignored, its texts copied) with the content of DISK. Looks up
// only the fallback file and the loaders of CHAIN's entries. A disk without partitions may be one file system. Damaged
// content counts as absent, as it does for the firmware. Fails only if the image cannot be read.
bool devices_add_disk(struct devices *devices, const struct predict_device *device, struct disk *disk,
                      const struct bootchain *chain, struct error *err);

// Adds a payload whose image is not available: one file system with the fallback file.
void devices_add_payload(struct devices *devices, const struct predict_device *device);
