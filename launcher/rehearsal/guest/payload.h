// SPDX-License-Identifier: Apache-2.0
// What the installer finds on the volume it was loaded from: ESXi's ISO as a FAT volume, or as much of it as a
// rehearsal needs.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

struct payload {
        struct span loader;   // EFI/BOOT/BOOTAA64.EFI: this program, as a file
        struct span boot_cfg; // BOOT.CFG
        struct span options;  // REHEARSE.CFG; empty if there is none
};

// A volume with BOOT.CFG in its root is a payload. False if DEVICE is not a payload.
bool payload_read(efi_handle device, struct payload *payload);

// Prints what a boot loader prints: the options of BOOT.CFG, then a line a module. A module that is not there is said
// to be missing and that is all: nothing of it is needed.
void payload_show_loading(struct guest *guest, const struct payload *payload);
