// SPDX-License-Identifier: Apache-2.0
//
// The disks of a machine as the firmware will see them: partitions, and on those with a FAT file system the files that
// boot entries start. It is what varstore/predict.h asks for, read from the images.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "varstore/predict.h"
#include "verify/disk/disk.h"

// In the order in which they were added, which has to be the firmware's: by PCI address, then port. Start from {0}; free
// with devices_free.
struct devices {
        struct predict_device *items; // texts in them are owned by this, too
        size_t count;
};
#define AUTO_DEVICES __attribute__((cleanup(devices_free)))
void devices_free(struct devices *devices);

// Adds the disk that DEVICE describes (its partitions are not looked at; its texts are copied) with what is on DISK. Looked
// for are the loaders that CHAIN's entries name and the fallback file. A disk without partitions may hold a file system
// as a whole. What is damaged is as good as absent, as it is to the firmware. Fails only where the image cannot be read.
bool devices_add_disk(struct devices *devices, const struct predict_device *device, struct disk *disk,
                      const struct bootchain *chain, struct error *err);

// Adds a disk that is one file system with the fallback file on it: a payload that is not at hand.
void devices_add_payload(struct devices *devices, const struct predict_device *device);
