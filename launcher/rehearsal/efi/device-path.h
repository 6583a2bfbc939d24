// SPDX-License-Identifier: Apache-2.0
// Walks and compares UEFI device paths.
// Source: UEFI 2.10, 10.3 "Device Path Nodes".
#pragma once

#include "launcher/rehearsal/efi/uefi.h"

// The device path of a handle, or NULL.
const struct efi_device_path *device_path_of(efi_handle handle);

// The node after NODE; NULL after the last one.
const struct efi_device_path *device_path_next(const struct efi_device_path *node);

// The size of one node in bytes, including its header.
size_t device_path_node_size(const struct efi_device_path *node);

// Whether PATH begins with all nodes of PREFIX. (A partition's path begins with its disk's.)
bool device_path_begins_with(const struct efi_device_path *path, const struct efi_device_path *prefix);

// Writes PATH as the firmware prints it; "(no device path)" if that is not possible.
void device_path_format(char *out, size_t size, const struct efi_device_path *path);
