// SPDX-License-Identifier: Apache-2.0
//
// Predict: which boot entry the firmware will start with these devices attached, and why none of the others.
//
// EDK2 for QEMU does this at each start, and so does prediction_make:
//
//      1. It takes BootNext, and adds entries for its own menu and setup if BootOrder names none (generation.h).
//      2. It connects the devices: all of them, or where one has a bootindex (fw_cfg's `bootorder`) only those.
//      3. It deletes the entries that it once made for devices which are not there any more, or that differ in anything from
//         what it would make now (label, attributes), and appends one for each connected disk that has none (removable ones
//         first) and for its shell. A new entry gets the lowest number that neither BootOrder nor BootNext names, and a
//         variable that has it nevertheless is overwritten. Entries in BootOrder for programs that the firmware does not
//         have are deleted.
//      4. With a bootindex it rewrites BootOrder: first the entries on those devices, in QEMU's order; then what is no
//         disk's. Every other active entry that begins with HD() or PciRoot() is dropped, and its variable deleted: it is
//         gone for later starts, too. Inactive entries leave BootOrder and stay variables.
//      5. It tries BootNext, even where that is inactive, then the active entries in BootOrder (applications excepted)
//         until one can be loaded.
//      6. If none can, it starts the fallback file of the first disk that has one, else it shows its menu.
//
// Which entries it makes for programs of its own depends on the firmware. If it is not known, and has not written its menu's
// entry into the store either, the numbers of new entries cannot be told, nor what starts if nothing in BootOrder does.
//
// What an entry starts depends on how its device path begins. HD(): the first attached disk with a partition of that
// number and GUID counts, wherever that begins, and no other. A file alone: every file system is looked through, those
// of removable media first. A whole path to a device: a file is named, or the fallback file is started from its first
// file system that has one. All measured with AAVMF 2022.11.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "varstore/bootchain.h"
#include "varstore/generation.h"

// The file that is started from a device whose entry names none, on 64-bit Arm. On x86 it is BOOTX64.EFI.
#define PREDICT_FALLBACK_FILE "\\EFI\\BOOT\\BOOTAA64.EFI"

// The number of a step that has none, or one that cannot be told.
#define PREDICT_NO_NUMBER 0xFFFF

// A file system on an attached device, with those of its files that matter: the loaders that entries name, and the
// fallback file. They are compared without regard to case.
struct predict_partition {
        struct devpath_partition place; // number 0: the file system is on the whole device
        const char *const *files;
        size_t file_count;
};

// A disk that the firmware can see.
struct predict_device {
        const char *name; // for the explanations: "disk.qcow2"
        const char *path; // its device path in the firmware's text: "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)"
        // What the firmware calls it, "UEFI QEMU QEMU USB HARDDRIVE ..."; NULL where that is not known.
        const char *label;
        bool removable; // its medium is, to the guest: a CD-ROM, or a USB disk with removable=on
        bool has_bootindex;
        unsigned bootindex;
        const struct predict_partition *partitions; // in the order of the table
        size_t partition_count;
};

// What the firmware is. All zero: not known.
struct predict_firmware {
        const struct generation *generation; // NULL: none of the known ones
        const char *const *programs; // built into it, GUIDs in upper case; NULL if not known: the store's entries tell
        size_t program_count;
};

// Everything is borrowed, and has to outlive the prediction.
struct predict_machine {
        const struct bootchain *chain;        // an empty one for a blank store
        const struct predict_device *devices; // as the firmware finds them: by PCI address, then port
        size_t device_count;
        const char *fallback;   // NULL means PREDICT_FALLBACK_FILE
        bool checks_signatures; // as predict_checks_signatures tells; signatures themselves are not looked at
        struct predict_firmware firmware;
};

enum predict_reason {
        PREDICT_STARTED,
        PREDICT_NOT_REACHED, // something before it starts
        PREDICT_NOT_ORDERED, // BootOrder does not name it
        PREDICT_INACTIVE,    // its LOAD_OPTION_ACTIVE is not set
        PREDICT_APPLICATION, // LOAD_OPTION_CATEGORY_APP: started only when somebody chooses it
        PREDICT_DAMAGED,     // its variable is no whole load option
        PREDICT_DEVICE_GONE, // made by the firmware for a device that is not there: the firmware deletes it
        PREDICT_PROGRAM_GONE, // for a program that the firmware does not have, or not as it makes it: the firmware deletes it
        PREDICT_DROPPED,      // not in QEMU's order: the firmware deletes it
        PREDICT_OVERWRITTEN,  // BootOrder does not name it, and the firmware gives its number to an entry that it makes
        PREDICT_NO_DEVICE,    // no such device is attached
        PREDICT_NO_PARTITION, // no attached disk has that partition
        PREDICT_NO_FILE,      // the partition is there, its file is not
        PREDICT_NO_FALLBACK,  // the device is there, but has no fallback file
        PREDICT_NOT_KNOWN,    // a network, a program of an unknown firmware, ...: it is taken to fail
};

// How one entry fares.
struct prediction_step {
        uint16_t number; // PREDICT_NO_NUMBER for a new entry of an unknown firmware, and for the recovery
        const struct boot_entry *entry; // NULL for one that the firmware makes at this start
        char *label, *path;
        bool is_next;     // BootNext names it
        bool is_ordered;  // in BootOrder as this start leaves it
        bool is_recovery; // no entry, but what the firmware does when none can be started: PlatformRecovery0000
        size_t position;  // there, from 0
        enum predict_reason reason;
        char *explanation; // one sentence, without a full stop
        // Where the reason is PREDICT_STARTED, unless it is a program of the firmware's own:
        const struct predict_device *device;
        const struct predict_partition *partition;
        char *file;
        bool is_fallback; // the entry names a device alone
};

struct prediction {
        struct prediction_step
                *steps; // BootNext, BootOrder as the firmware will have it, then what it passes over anyway
        size_t count;
        const struct prediction_step
                *started; // one of the steps; NULL: none can be started, and the firmware shows its menu
        // No PREDICT_NOT_KNOWN comes before it, it does not depend on an unknown firmware, and may not be refused.
        bool is_certain;
        bool may_be_refused;                 // for its signature: it is a file, and Secure Boot is on
        const struct generation *generation; // of the firmware; NULL if not known
        bool is_firmware_told;               // by the caller, not by the store
};
#define AUTO_PREDICTION __attribute__((cleanup(prediction_free)))

// Whether STORE turns Secure Boot on in a firmware that has it: there is a platform key, and SecureBootEnable is not off. A file
// that none of the keys has signed is then refused ("Access Denied").
bool predict_checks_signatures(const struct varstore *store);

// Never fails. Free PREDICTION with prediction_free.
void prediction_make(const struct predict_machine *machine, struct prediction *prediction);
void prediction_free(struct prediction *prediction);

// The step of Boot####, NULL where there is none.
const struct prediction_step *prediction_find(const struct prediction *prediction, uint16_t number);

bool prediction_step_has_number(const struct prediction_step *step);

// What STEP is called: "Boot0004", "Boot????" if its number cannot be told, "PlatformRecovery"; freed with free().
char *prediction_step_name(const struct prediction_step *step);

// The reason as a stable word for JSON and scripts: "started", "not-reached", "dropped", ...
const char *predict_reason_id(enum predict_reason reason);
