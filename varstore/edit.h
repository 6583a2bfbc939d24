// SPDX-License-Identifier: Apache-2.0
//
// Edits: changes to a store, applied in order, all or nothing. Entries and variables are named as in naming.h.
//
// An edit changes all variables concerned: an added entry is also put into BootOrder, a removed one is also taken out
// of BootOrder and BootNext. Everything else stays the same, byte for byte.
//
// A variable with an authenticated-write attribute (PK, KEK, db, dbx and other Secure Boot variables) belongs to the
// holder of its key: the firmware accepts a new value only with a signature. An edit of the file bypasses that, so it
// is refused unless forced. Source: UEFI 2.10, 8.2.6.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/devpath.h"
#include "varstore/guid.h"
#include "varstore/varstore.h"

enum edit_kind {
        EDIT_BOOT_ADD,        // label, loader, partition; number or the lowest free one; last; data: optional data
        EDIT_BOOT_REMOVE,     // entry
        EDIT_BOOT_LABEL,      // entry, label
        EDIT_BOOT_ACTIVATE,   // entry
        EDIT_BOOT_DEACTIVATE, // entry
        EDIT_BOOT_ORDER,      // entry: several, separated by commas, the whole new BootOrder
        EDIT_BOOT_FIRST,      // entry: moved to the front of BootOrder
        EDIT_BOOT_NEXT,       // entry, or "none"
        EDIT_TIMEOUT,         // seconds
        EDIT_SET,             // name, vendor, data; attributes; time
        EDIT_DELETE,          // name, vendor
};

// The comment on each kind above lists the members it uses. Text is UTF-8 and owned.
struct edit {
        enum edit_kind kind;
        char *entry;
        char *label;
        char *loader;
        struct devpath_partition partition;
        bool has_partition;
        bool has_number;
        uint16_t number;
        bool last; // append to BootOrder; else prepend
        uint16_t seconds;
        char *name;
        bool has_vendor; // else the vendor of the only variable with this name, or naming_usual_vendor
        struct guid vendor;
        bool has_attributes; // else the variable's own; NV, BS and RT for a new one
        uint32_t attributes;
        bool has_time; // else the variable's own time stamp
        uint8_t time[16];
        struct buffer data;
};

// Start from {0}; free with edits_free.
struct edits {
        struct edit *items;
        size_t count;
};
void edits_free(struct edits *edits);
#define AUTO_EDITS __attribute__((cleanup(edits_free)))

// Adds an edit of that kind for the caller to fill; valid until the next one is added.
struct edit *edits_add(struct edits *edits, enum edit_kind kind);

// The kind's name on the command line, without the dashes: "boot-add".
const char *edit_name(enum edit_kind kind);

// Applies the edits to STORE in order; a blank store is formatted first if there is any edit. FORCE allows changes of
// authenticated variables. Fails, with STORE unchanged, if one of them cannot be applied: ERROR_NO if it names an entry
// or variable that does not exist, ERROR_USAGE if it is invalid, ERROR_DAMAGED if data it needs is damaged,
// ERROR_ENVIRONMENT if the store is full.
bool edits_apply(const struct edits *edits, struct varstore *store, bool force, struct error *err);
