// SPDX-License-Identifier: Apache-2.0
//
// Rebuild: a variable store that boots a disk, made from the disk itself.
//
// A boot entry needs the ESP, which the disk's GPT identifies, and the boot loader on the ESP. The new entry is active
// and first in BootOrder. It is Boot0004, as after an installation, when the firmware has already created its own
// entries (menu, two disks, shell).
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

// The loader found on the disk.
struct rebuild_target {
        const char *label;                  // borrowed
        char *loader;                       // `\EFI\VMware\safeboot64.efi`
        struct devpath_partition partition; // the ESP with the loader
};
#define AUTO_REBUILD_TARGET __attribute__((cleanup(rebuild_target_free)))
void rebuild_target_free(struct rebuild_target *target);

// Finds what the entry has to start: LOADER, or the first known loader if LOADER is NULL. If LABEL is NULL, it is the
// known loader's label, or "VMware ESXi". Of several ESPs, the first with such a file is used. Fails with ERROR_NO if
// the disk has no GPT, no ESP or no loader; ERR reports what it has instead.
bool rebuild_find(struct disk *disk, const char *label, const char *loader, struct rebuild_target *target,
                  struct error *err);

// Puts the entry for TARGET into STORE, which is formatted first if it is blank. Entries with the same label, the old
// Boot0004 and BootNext are deleted. TIMEOUT is in seconds; -1 keeps the current one.
bool rebuild_store(struct varstore *store, const struct rebuild_target *target, int timeout, struct error *err);
