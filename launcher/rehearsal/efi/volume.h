// SPDX-License-Identifier: Apache-2.0
// Reading whole files from a volume that the firmware has a file system driver for.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"
#include "launcher/rehearsal/efi/uefi.h"

// Reads the file PATH (backslashes, from the root) of the volume on DEVICE. CONTENTS is never released: the program
// ends with a reset. False if there is no such file or it cannot be read.
bool volume_read(efi_handle device, const efi_char16 *path, struct span *contents);

// The same of a NAME in ASCII, SIZE characters, with slashes of either kind.
bool volume_read_named(efi_handle device, const char *name, size_t size, struct span *contents);

// Is there a file (or folder) NAME, ASCII, SIZE characters, in the root of the volume?
bool volume_has(efi_handle device, const char *name, size_t size);
