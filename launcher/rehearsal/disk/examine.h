// SPDX-License-Identifier: Apache-2.0
// Reads what is on a disk, the markers of its boot banks included.
#pragma once

#include "launcher/rehearsal/disk/contents.h"
#include "launcher/rehearsal/disk/disks.h"

// A disk that cannot be read, or whose blocks do not have 512 bytes, is taken for an empty one.
void disk_examine(const struct disk *disk, struct contents *contents);
