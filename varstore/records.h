// SPDX-License-Identifier: Apache-2.0
//
// The records of a store: they are read one after the other, judged, and it is decided which of them are live. This header is
// not installed.
//
// Source: EDK2 MdeModulePkg, Include/Guid/VariableFormat.h and Universal/Variable/RuntimeDxe.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/file.h"
#include "varstore/remark.h"
#include "varstore/variable.h"
#include "varstore/volume.h"

struct varstore {
        struct file_mapping mapping; // if loaded from a file
        uint8_t *blank;              // if newly created
        struct bytes image;          // as read
        struct volume volume;
        // The volume as the firmware sees it: with a pending write completed, and later changes. Empty while the image
        // is the same.
        struct buffer bytes;
        bool changed; // else the image is written as read
        struct variable *records;
        size_t record_count;
        uint64_t records_end; // where the next record goes
        bool has_residue;     // and a piece of the firmware's buffer is there
        struct remarks remarks;
};

// Every attribute that a stored variable can have.
static const uint32_t STORABLE_ATTRIBUTES =
        EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS |
        EFI_VARIABLE_HARDWARE_ERROR_RECORD | EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS |
        EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS | EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS;

// From the start of the volume to the end of the variables, as the firmware sees it.
struct bytes records_view(const struct varstore *store);

// The volume, ready to be changed. Views into the image stay valid.
uint8_t *records_own(struct varstore *store);

// OFFSET, or the next one at which a record may begin.
uint64_t records_aligned(uint64_t offset);

// Where the first record begins.
uint64_t records_start(const struct varstore *store);

// Reads all records anew, and adds to REMARKS what is to be said about them.
void records_read(struct varstore *store, struct remarks *remarks);

// Takes over VARIABLE as the last record.
void records_keep(struct varstore *store, const struct variable *variable);

void records_forget(struct varstore *store);
