// SPDX-License-Identifier: Apache-2.0
//
// One record of a variable store: a header, the name in UTF-16 with its NUL, the data; padded to a multiple of 4.
//
//         authenticated, 60 bytes                        plain, 32 bytes
//         u16 start 0x55AA                               u16 start 0x55AA
//         u8  state, u8 reserved                         u8  state, u8 reserved
//         u32 attributes                                 u32 attributes
//         u64 monotonic count
//         16  time stamp (EFI_TIME)
//         u32 public key index
//         u32 size of the name, u32 size of the data     u32 size of the name, u32 size of the data
//         16  vendor GUID                                16  vendor GUID
//
// Flash is erased to ones and written by clearing bits, so a record's state advances by clearing bits one by one: a
// record never moves, an update appends a new one and marks the old. After a power cut the state shows the firmware
// which record is valid. Source: EDK2 MdeModulePkg, Include/Guid/VariableFormat.h.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "varstore/guid.h"

enum variable_format {
        VARIABLE_AUTHENTICATED,
        VARIABLE_PLAIN,
};

enum {
        VARIABLE_START = 0x55AA,
        VARIABLE_ALIGNMENT = 4,
};

// The state byte.
enum {
        VAR_ERASED = 0xFF,                // the header is not completely written
        VAR_HEADER_VALID_ONLY = 0x7F,     // the header is valid, name and data are not completely written
        VAR_ADDED = 0x3F,                 // complete
        VAR_IN_DELETED_TRANSITION = 0xFE, // a mask: being replaced; valid until its successor is complete
        VAR_DELETED = 0xFD,               // a mask
};

enum {
        EFI_VARIABLE_NON_VOLATILE = 0x01,
        EFI_VARIABLE_BOOTSERVICE_ACCESS = 0x02,
        EFI_VARIABLE_RUNTIME_ACCESS = 0x04,
        EFI_VARIABLE_HARDWARE_ERROR_RECORD = 0x08,
        EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS = 0x10,
        EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS = 0x20,
        EFI_VARIABLE_APPEND_WRITE = 0x40, // never stored
        EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS = 0x80,
};

// The standing of a record when variables are looked up. Only a live one is found.
enum variable_standing {
        VARIABLE_LIVE,
        VARIABLE_DELETED,
        VARIABLE_SUPERSEDED, // in deleted transition, and its successor is complete
        VARIABLE_SHADOWED,   // complete, but an earlier record of the same name is live: only in damaged stores
        VARIABLE_UNFINISHED, // the write was cut off
        VARIABLE_LOST,       // its state is not one that firmware writes; every firmware ignores it
};

struct variable {
        uint64_t offset; // of the record in the image
        uint64_t size;   // header, name and data, without padding
        uint8_t state, reserved;
        enum variable_standing standing;
        uint32_t attributes;
        uint64_t monotonic_count; // this and the next two are 0 in plain records
        uint8_t time[16];         // EFI_TIME: u16 year, u8 month, day, hour, minute, second, ...; kept unchanged
        uint32_t public_key_index;
        struct guid vendor;
        char *name; // UTF-8, owned; "" while the name is not written
        struct bytes data;
};

void variable_free(struct variable *variable);

// The size of a record's header.
uint64_t variable_header_size(enum variable_format format);

enum variable_reading {
        VARIABLE_READ,
        VARIABLE_NONE,   // no record begins here: erased flash, or something else
        VARIABLE_BROKEN, // a record begins here, but its sizes exceed the store
};

// Reads the record at OFFSET of STORE, which must outlive VARIABLE. Offsets are relative to STORE. The standing is set
// from this record alone: LIVE for one in deleted transition, LOST for one without a valid name. PROBLEM describes what
// is wrong with the record (static text), NULL if nothing is; fields of a VARIABLE_BROKEN one are filled if possible.
enum variable_reading variable_read(struct bytes store, enum variable_format format, uint64_t offset,
                                    struct variable *variable, const char **problem);

// Adds VARIABLE (name, vendor, attributes, data, and the additional fields of authenticated records) in its stored
// form, with its state, to BUFFER, padded with 0xFF to a multiple of 4. False, adding nothing, if the name is not
// UTF-8.
bool variable_build(const struct variable *variable, enum variable_format format, struct buffer *buffer);

// "NV,BS,RT"; freed with free(). Bits without a name are written in hexadecimal.
char *variable_attributes_text(uint32_t attributes);

// Reads that text back: names in any order and case, or one number (0x7). False if a name is not known.
bool variable_attributes_parse(const char *text, uint32_t *attributes);
