// SPDX-License-Identifier: Apache-2.0
// The marker in a boot bank's second sector, by which ESXi's loader finds the bank: a magic and the bank's UUID. Pure.
// Source: VMware's esx-boot, safeboot.
#pragma once

#include "launcher/rehearsal/efi/guid.h"

#include <stdbool.h>

#define BANK_MARKER_SECTOR 1 // of the partition; the FAT's reserved sectors include it
#define BANK_MARKER_SIZE   32

void bank_mark(uint8_t sector[BANK_MARKER_SIZE], const struct guid *uuid);

// Whether SECTOR begins with the marker. *UUID is the bank's.
bool bank_is_marked(const uint8_t sector[BANK_MARKER_SIZE], struct guid *uuid);
