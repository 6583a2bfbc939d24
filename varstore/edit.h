// SPDX-License-Identifier: Apache-2.0
//
// Edits: what a person wants changed in a store, in order, all of it or nothing.
//
// An edit speaks of boot entries and variables; applied, it becomes the variables that have to change for it: an entry
// that is added is written and put into BootOrder, one that is removed goes out of BootOrder and BootNext with it. What no
// edit touches stays as it is, byte for byte.
//
// Entries and variables are named as in naming.h.
//
// A variable with an authenticated-write attribute (PK, KEK, db, dbx and what Secure Boot keeps beside them) belongs to
// whoever holds its key: the firmware takes a new value only with a signature. An edit of the file goes around that, so it
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

// Which members count is told above, with the kind. Text is UTF-8 and owned.
struct edit {
        enum edit_kind kind;
        char *entry;
        char *label;
        char *loader;
        struct devpath_partition partition;
        bool has_partition;
        bool has_number;
        uint16_t number;
        bool last; // behind the entries that BootOrder names already; else before them
        uint16_t seconds;
        char *name;
        bool has_vendor; // else the vendor of the one variable of this name, or who is known for it
        struct guid vendor;
        bool has_attributes; // else those that the variable has; a new one's are NV, BS and RT
        uint32_t attributes;
        bool has_time; // else the time stamp that the variable has
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

// Adds an edit of that kind, to be filled; valid until the next one is added.
struct edit *edits_add(struct edits *edits, enum edit_kind kind);

// What the kind is called on the command line, without the dashes: "boot-add".
const char *edit_name(enum edit_kind kind);

// Makes the edits in STORE, in their order; a blank store is formatted first, where there is an edit at all. FORCE allows
// changes of authenticated variables. Fails, with STORE as it was, where one of them cannot be made: ERROR_NO where it
// names an entry or a variable that is not there, ERROR_USAGE where it asks for what cannot be, ERROR_DAMAGED where what it
// has to read is damaged, ERROR_ENVIRONMENT where the store is full.
bool edits_apply(const struct edits *edits, struct varstore *store, bool force, struct error *err);
