// SPDX-License-Identifier: Apache-2.0
// The volume that the installer was loaded from: ESXi's ISO as a FAT volume, or the part of it that a rehearsal needs.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

struct payload {
        struct span loader;   // EFI/BOOT/BOOTAA64.EFI: this program, as a file
        struct span boot_cfg; // BOOT.CFG
        struct span options;  // REHEARSE.CFG; empty if it does not exist
};

// False if DEVICE is not a payload: a volume with BOOT.CFG in its root.
bool payload_read(efi_handle device, struct payload *payload);

// Prints what a boot loader prints: the options in BOOT.CFG, then a line for each module. A missing module is only
// reported, because modules are not needed.
void payload_show_loading(struct guest *guest, const struct payload *payload);
