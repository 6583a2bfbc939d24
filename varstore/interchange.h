// SPDX-License-Identifier: Apache-2.0
//
// Variables outside of a store, in the two forms that other programs read and write.
//
// JSON, as virt-fw-vars and QEMU's uefi-vars device have it, version 2:
//
//         {"version": 2, "variables": [{"name": "db", "guid": "d719b2cb-...", "attr": 39, "data": "a159c0a5...",
//                                       "time": "e6070b0e0f10110000000000000000"}]}
//
// A folder as Linux's efivarfs shows it, /sys/firmware/efi/efivars: a file a variable, called NAME-GUID, which holds the
// attributes (u32) and then the data. As in the kernel a slash in a name is an exclamation mark. It has no room for time
// stamps. Source: Linux Documentation/filesystems/efivarfs.rst.
//
// Reading makes edits, one for each variable, so that they are applied together or not at all and with the same care.
// Variables without EFI_VARIABLE_NON_VOLATILE, as a running system shows them too, are no part of a store: they are left
// out and counted.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/edit.h"
#include "varstore/varstore.h"

// The live variables of STORE; the time stamp of those that are authenticated by one.
json_t *interchange_json(const struct varstore *store);

// Adds what TEXT holds to EDITS; VOLATILE_COUNT is how many variables were left out. Keys that are not known are ignored.
// Fails (ERROR_DAMAGED), with EDITS still to be freed, where it is not of this form or names a variable twice.
bool interchange_read_json(struct bytes text, struct edits *edits, size_t *volatile_count, struct error *err);

// Writes a file for each live variable of STORE into FOLDER, which must be there. Fails where one is there already.
bool interchange_write_folder(const struct varstore *store, const char *folder, struct error *err);

// The same as interchange_read_json for the files in FOLDER, each of which must be such a file. Messages name the file.
bool interchange_read_folder(const char *folder, struct edits *edits, size_t *volatile_count, struct error *err);

// Whether NAME is that of a file in such a folder: where the name ends and the vendor's GUID, which may be NULL.
bool interchange_file_name(const char *file, size_t *name_length, struct guid *vendor);
