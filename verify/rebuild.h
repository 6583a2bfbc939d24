// SPDX-License-Identifier: Apache-2.0
//
// Rebuild: a variable store that boots a disk, made from the disk itself.
//
// The disk's GPT says which partition is its ESP, and the ESP which boot loader there is; that is all that a boot entry
// holds. The entry becomes Boot0004, active, and first in BootOrder: the number that the entry of an installation has
// where the firmware has made its own (menu, two disks, shell) before.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "varstore/devpath.h"
#include "varstore/varstore.h"
#include "verify/disk/disk.h"

enum {
        REBUILD_NUMBER = 4
};

// What was found on the disk.
struct rebuild_target {
        const char *label;                  // borrowed
        char *loader;                       // `\EFI\VMware\safeboot64.efi`
        struct devpath_partition partition; // the ESP it lies on
};
#define AUTO_REBUILD_TARGET __attribute__((cleanup(rebuild_target_free)))
void rebuild_target_free(struct rebuild_target *target);

// Finds what the entry has to start: LOADER, or where that is NULL the first of those that are known. Where LABEL is NULL
// it is the known loader's, or "VMware ESXi". Of several ESPs the first with such a file counts. Fails with ERROR_NO where
// the disk has no GPT, no ESP or no loader on it; ERR says what is there.
bool rebuild_find(struct disk *disk, const char *label, const char *loader, struct rebuild_target *target,
                  struct error *err);

// Puts the entry for TARGET into STORE, which is formatted first where it is blank. Entries with its label go, and so does
// what was Boot0004; BootNext goes, too. TIMEOUT is in seconds; -1 leaves it as it is.
bool rebuild_store(struct varstore *store, const struct rebuild_target *target, int timeout, struct error *err);
