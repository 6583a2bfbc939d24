// SPDX-License-Identifier: Apache-2.0
// Reads whole files from a volume through the firmware's file system driver.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"
#include "launcher/rehearsal/efi/uefi.h"

// Reads the file PATH (backslashes, from the root) of the volume on DEVICE. CONTENTS is never freed: the program ends
// with a reset. False if the file does not exist or cannot be read.
bool volume_read(efi_handle device, const efi_char16 *path, struct span *contents);

// The same for NAME in ASCII, SIZE characters, with slashes of either kind.
bool volume_read_named(efi_handle device, const char *name, size_t size, struct span *contents);

// Whether the volume's root has a file or folder NAME, ASCII, SIZE characters.
bool volume_has(efi_handle device, const char *name, size_t size);

// Writes CONTENTS to the file PATH (as above), which is created if missing. An older file is not made shorter. False if
// that fails.
bool volume_write(efi_handle device, const efi_char16 *path, struct span contents);
