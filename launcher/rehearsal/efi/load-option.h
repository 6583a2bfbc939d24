// SPDX-License-Identifier: Apache-2.0
// A load option: the content of a Boot#### variable. Pure.
// Source: UEFI 2.10, 3.1.3 "Load Options", 10.3.5.1 "Hard Drive", 10.3.5.4 "File Path Media Device Path".
#pragma once

#include "launcher/rehearsal/efi/guid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A loader on a GPT partition, with a short-form device path: HD(1,GPT,GUID,0x40,0x32000)/\EFI\VMware\x.efi.
struct load_option {
        const char *description; // ASCII
        uint32_t partition;
        uint64_t first, blocks; // LBA and size of the partition
        struct guid unique;     // of the partition
        const char *loader;     // ASCII, with backslashes
};

// Writes OPTION, active, to OUT. Returns its size; 0 if it is larger than ROOM bytes.
size_t load_option_build(const struct load_option *option, uint8_t *out, size_t room);

// Whether the load option in BYTES has that DESCRIPTION.
bool load_option_is_called(const uint8_t *bytes, size_t size, const char *description);
