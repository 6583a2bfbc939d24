// SPDX-License-Identifier: Apache-2.0
//
// The boot chain: what the boot variables start, and in which order.
//
// BootNext, if set, is tried first, once; then the active entries (LOAD_OPTION_ACTIVE) that BootOrder names, in its
// order. An entry that BootOrder does not name is not tried automatically. Before that, the firmware waits Timeout
// seconds for a key (65535: forever). Source: UEFI 2.10, 3.1 to 3.3.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/devpath.h"
#include "varstore/varstore.h"

struct boot_entry {
        uint16_t number; // of Boot####
        bool active, hidden;
        uint32_t attributes;
        char *label;  // UTF-8
        char *path;   // the text of its device path
        char *loader; // the file that it starts, "\EFI\VMware\safeboot64.efi"; NULL if it names none
        bool has_partition;
        struct devpath_partition partition; // of its HD() node
        struct bytes device_path;           // both views into the store
        struct bytes optional_data;
        bool made_by_firmware; // for a device that it found; it may delete and recreate it
        bool ordered;
        size_t position; // in BootOrder from 0, if ordered
        uint64_t offset; // of the variable's record in the image
        bool damaged;    // the variable is not a complete load option; what could be read is here
};

struct bootchain {
        bool has_next;
        uint16_t next;
        bool has_timeout;
        uint16_t timeout; // seconds
        uint16_t *order;  // BootOrder, including numbers without an entry
        size_t order_count;
        struct boot_entry *entries; // by number
        size_t entry_count;
};

// Reads the boot variables of STORE, which must outlive CHAIN unchanged. A blank store has an empty chain. Fails if
// BootOrder, BootNext or Timeout has the wrong size; CHAIN then still has what could be read.
bool bootchain_read(const struct varstore *store, struct bootchain *chain, struct error *err);
void bootchain_free(struct bootchain *chain);
#define AUTO_BOOTCHAIN __attribute__((cleanup(bootchain_free)))

// NULL if not found. A label is compared exactly; if several entries have it, the one that the firmware would try first
// is returned: ordered before not ordered, active before inactive, then by position, then by number.
const struct boot_entry *bootchain_find_label(const struct bootchain *chain, const char *label);
const struct boot_entry *bootchain_find_number(const struct bootchain *chain, uint16_t number);

// The first existing, active entry in BootOrder; NULL if there is no such entry.
const struct boot_entry *bootchain_first(const struct bootchain *chain);

// Whether two file paths are the same to the firmware, ignoring case. For paths typed by a user, a slash equals a
// backslash, and the leading one may be omitted.
bool boot_loader_equal(const char *a, const char *b);

// Whether NAME is Boot#### with four upper-case hexadecimal digits; NUMBER may be NULL.
bool boot_entry_name(const char *name, uint16_t *number);

// The number of an entry as a user types it: four hexadecimal digits of either case, with or without "Boot".
bool boot_number_parse(const char *text, uint16_t *number);

// The entries by number and label, `Boot0001 "UiApp", Boot0004 "VMware ESXi"`, for messages; freed with free().
char *bootchain_names(const struct bootchain *chain);

// Adds oddities of the boot variables to REMARKS: incomplete load options, numbers without an entry.
void bootchain_judge(const struct varstore *store, const struct bootchain *chain, struct remarks *remarks);
