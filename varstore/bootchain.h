// SPDX-License-Identifier: Apache-2.0
//
// The boot chain: what the boot variables say will be started, and in which order.
//
// BootNext, if set, is tried once and first; then the entries that BootOrder names, in its order, those that are active
// (LOAD_OPTION_ACTIVE). An entry that BootOrder does not name is not tried by itself. Timeout is how many seconds the
// firmware waits for a key before that (65535: for ever). Source: UEFI 2.10, 3.1 to 3.3.
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
        char *loader; // the file that it starts, "\EFI\VMware\safeboot64.efi"; NULL where it names none
        bool has_partition;
        struct devpath_partition partition; // of its HD() node
        struct bytes device_path;           // both views into the store
        struct bytes optional_data;
        bool made_by_firmware; // for a device that it found; it may delete and remake it by itself
        bool ordered;
        size_t position; // in BootOrder from 0, where ordered
        uint64_t offset; // of the variable's record in the image
        bool damaged;    // the variable is no whole load option; what could be read is here
};

struct bootchain {
        bool has_next;
        uint16_t next;
        bool has_timeout;
        uint16_t timeout; // seconds
        uint16_t *order;  // BootOrder as it is, numbers without an entry included
        size_t order_count;
        struct boot_entry *entries; // by number
        size_t entry_count;
};

// Reads the boot variables of STORE, which must outlive CHAIN unchanged. A blank store has an empty chain. Fails where
// BootOrder, BootNext or Timeout is of a wrong size (what could be read is then in CHAIN none the less).
bool bootchain_read(const struct varstore *store, struct bootchain *chain, struct error *err);
void bootchain_free(struct bootchain *chain);
#define AUTO_BOOTCHAIN __attribute__((cleanup(bootchain_free)))

// NULL where there is none. A label is compared exactly; of several entries with it, the one that the firmware would try
// first: ordered before not ordered, active before inactive, then by position, then by number.
const struct boot_entry *bootchain_find_label(const struct bootchain *chain, const char *label);
const struct boot_entry *bootchain_find_number(const struct bootchain *chain, uint16_t number);

// The entry that BootOrder names first and that exists and is active; NULL where there is none.
const struct boot_entry *bootchain_first(const struct bootchain *chain);

// Whether two file paths are one to the firmware: without regard to case. A slash is as good as a backslash, and the first
// one may be left out, so that what a user types compares well.
bool boot_loader_equal(const char *a, const char *b);

// Whether NAME is Boot#### with four upper-case hexadecimal digits; NUMBER may be NULL.
bool boot_entry_name(const char *name, uint16_t *number);

// The number of an entry as a person writes it: four hexadecimal digits of either case, with "Boot" before them or not.
bool boot_number_parse(const char *text, uint16_t *number);

// The entries by number and label, `Boot0001 "UiApp", Boot0004 "VMware ESXi"`, for messages; freed with free().
char *bootchain_names(const struct bootchain *chain);

// Adds to REMARKS what is odd about the boot variables: entries that are no whole load option, numbers without an entry.
void bootchain_judge(const struct varstore *store, const struct bootchain *chain, struct remarks *remarks);
