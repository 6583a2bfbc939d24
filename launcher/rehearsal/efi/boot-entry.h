// SPDX-License-Identifier: Apache-2.0
// The boot entry in the firmware's NVRAM.
// Source: UEFI 2.10, 3.3 "Globally Defined Variables": Boot####, BootOrder, BootCurrent.
#pragma once

#include "launcher/rehearsal/efi/load-option.h"

// Writes OPTION as a new Boot#### with the lowest free number from 0004 on, and puts it first in BootOrder. Lower
// numbers are left for the firmware's own entries (menu, two disks, shell), so that it becomes Boot0004, as ESXi's
// does. First deletes entries with the same description. False if the firmware refuses a variable.
bool boot_entry_replace(const struct load_option *option, uint16_t *number);

// The entry that the firmware started. False if BootCurrent is missing.
bool boot_entry_current(uint16_t *number);
