// SPDX-License-Identifier: Apache-2.0
//
// Variables outside a store, in the two forms that other programs read and write.
//
// JSON, as virt-fw-vars and QEMU's uefi-vars device use it, version 2:
//
//         {"version": 2, "variables": [{"name": "db", "guid": "d719b2cb-...", "attr": 39, "data": "a159c0a5...",
//                                       "time": "e6070b0e0f10110000000000000000"}]}
//
// A folder like Linux's /sys/firmware/efi/efivars: one file for each variable, called NAME-GUID, with the attributes
// (u32) and then the data. As in the kernel, a slash in a name becomes an exclamation mark. Time stamps are not kept.
// Source: Linux Documentation/filesystems/efivarfs.rst.
//
// Reading produces edits, one for each variable, so that they are applied together or not at all, with the same checks.
// Variables without EFI_VARIABLE_NON_VOLATILE, which a running system also shows, do not belong in a store: they are
// skipped and counted.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/edit.h"
#include "varstore/varstore.h"

// The live variables of STORE, with the time stamp of those authenticated by time.
json_t *interchange_json(const struct varstore *store);

// Adds the variables in TEXT to EDITS; VOLATILE_COUNT is how many were skipped. Unknown keys are ignored. Fails
// (ERROR_DAMAGED) if TEXT does not have this form or names a variable twice; EDITS must be freed then too.
bool interchange_read_json(struct bytes text, struct edits *edits, size_t *volatile_count, struct error *err);

// Writes a file for each live variable of STORE into FOLDER, which must exist. Fails if such a file exists.
bool interchange_write_folder(const struct varstore *store, const char *folder, struct error *err);

// The same as interchange_read_json for FOLDER; every file in it must be a variable. Messages name the file.
bool interchange_read_folder(const char *folder, struct edits *edits, size_t *volatile_count, struct error *err);

// Whether FILE is the name of a variable's file. NAME_LENGTH is the length of the variable's name; VENDOR may be NULL.
bool interchange_file_name(const char *file, size_t *name_length, struct guid *vendor);
