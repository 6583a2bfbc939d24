// SPDX-License-Identifier: Apache-2.0
// The boot entry in the firmware's NVRAM.
// Source: UEFI 2.10, 3.3 "Globally Defined Variables": Boot####, BootOrder, BootCurrent.
#pragma once

#include "launcher/rehearsal/efi/load-option.h"

// Writes OPTION as a new Boot#### with the lowest number that is free from 0004 on and puts it first in BootOrder. The
// numbers below are the firmware's own on such a machine (its menu, two disks, the shell), whether it has taken them
// already or will on the next boot: ESXi's entry comes out as Boot0004 there. Entries of the same description are
// deleted first: a new install replaces an old one. False if the firmware refuses a variable.
bool boot_entry_replace(const struct load_option *option, uint16_t *number);

// The entry that the firmware started. False if it does not say.
bool boot_entry_current(uint16_t *number);
