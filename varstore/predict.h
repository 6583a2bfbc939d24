// SPDX-License-Identifier: Apache-2.0
//
// Predict: which boot entry the firmware will start with these devices attached, and why not the others.
//
// EDK2 for QEMU does this at each start, and so does prediction_make:
//
//      1. It takes BootNext, and adds entries for its own menu and setup if BootOrder names none (generation.h).
//      2. It connects the devices: all of them, or if any has a bootindex (fw_cfg's `bootorder`), only those.
//      3. It deletes the entries that it once created for devices, if their device is gone or they differ in any way
//         (label, attributes) from what it would create now. It appends one for each connected disk without one
//         (removable ones first) and for its shell. A new entry gets the lowest number that neither BootOrder nor
//         BootNext names; a variable with that number is overwritten. Entries in BootOrder for programs that the
//         firmware does not have are deleted.
//      4. With a bootindex it rewrites BootOrder: first the entries on those devices, in QEMU's order; then the entries
//         not on disks. Every other active entry that begins with HD() or PciRoot() is dropped and its variable
//         deleted, so that it is gone for later starts too. Inactive entries leave BootOrder but stay variables.
//      5. It tries BootNext, even if that is inactive, then the active entries in BootOrder (except applications)
//         until one can be loaded.
//      6. If none can, it starts the fallback file of the first disk that has one, else it shows its menu.
//
// The entries that it creates for its own programs depend on the firmware. If the firmware is not known, and has not
// written its menu's entry into the store, then neither the numbers of new entries nor what starts if BootOrder fails
// can be predicted.
//
// What an entry starts depends on the beginning of its device path. HD(): only the first attached disk with a partition
// of that number and GUID, wherever the partition begins. A file alone: every file system is searched, those of
// removable media first. A whole path to a device: the named file, or the fallback file from its first file system that
// has one. All measured with AAVMF 2022.11.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "varstore/bootchain.h"
#include "varstore/generation.h"

// The file that is started from a device whose entry names none, on 64-bit Arm. On x86 it is BOOTX64.EFI.
#define PREDICT_FALLBACK_FILE "\\EFI\\BOOT\\BOOTAA64.EFI"

// The number of a step that has none or whose number is unknown.
#define PREDICT_NO_NUMBER 0xFFFF

// A file system on an attached device, with its relevant files: the loaders that entries name, and the fallback file.
// Names are compared ignoring case.
struct predict_partition {
        struct devpath_partition place; // number 0: the file system is on the whole device
        const char *const *files;
        size_t file_count;
};

// A disk that the firmware can see.
struct predict_device {
        const char *name; // for the explanations: "disk.qcow2"
        const char *path; // its device path in the firmware's text: "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)"
        // The firmware's name for it, "UEFI QEMU QEMU USB HARDDRIVE ..."; NULL if not known.
        const char *label;
        bool removable; // the guest sees a removable medium: a CD-ROM, or a USB disk with removable=on
        bool has_bootindex;
        unsigned bootindex;
        const struct predict_partition *partitions; // in the order of the table
        size_t partition_count;
};

// The firmware. All zero: not known.
struct predict_firmware {
        const struct generation *generation; // NULL: not known
        const char *const *programs; // built into it, GUIDs in upper case; NULL if not known: the store's entries tell
        size_t program_count;
};

// Everything is borrowed and must outlive the prediction.
struct predict_machine {
        const struct bootchain *chain;        // an empty one for a blank store
        const struct predict_device *devices; // in the firmware's order: by PCI address, then port
        size_t device_count;
        const char *fallback;   // NULL means PREDICT_FALLBACK_FILE
        bool checks_signatures; // from predict_checks_signatures; the signatures themselves are not checked
        struct predict_firmware firmware;
};

enum predict_reason {
        PREDICT_STARTED,
        PREDICT_NOT_REACHED,  // an earlier entry starts
        PREDICT_NOT_ORDERED,  // BootOrder does not name it
        PREDICT_INACTIVE,     // its LOAD_OPTION_ACTIVE is not set
        PREDICT_APPLICATION,  // LOAD_OPTION_CATEGORY_APP: started only if the user chooses it
        PREDICT_DAMAGED,      // its variable is not a complete load option
        PREDICT_DEVICE_GONE,  // created by the firmware for a device that is gone: the firmware deletes it
        PREDICT_PROGRAM_GONE, // for a program that the firmware lacks or creates differently: the firmware deletes it
        PREDICT_DROPPED,      // not in QEMU's order: the firmware deletes it
        PREDICT_OVERWRITTEN,  // BootOrder does not name it, and the firmware gives its number to a new entry
        PREDICT_NO_DEVICE,    // no such device is attached
        PREDICT_NO_PARTITION, // no attached disk has that partition
        PREDICT_NO_FILE,      // the partition exists, its file does not
        PREDICT_NO_FALLBACK,  // the device exists, but has no fallback file
        PREDICT_NOT_KNOWN,    // a network, a program of an unknown firmware, ...: assumed to fail
};

// What happens to one entry.
struct prediction_step {
        uint16_t number; // PREDICT_NO_NUMBER for a new entry of an unknown firmware, and for the recovery
        const struct boot_entry *entry; // NULL for one that the firmware creates at this start
        char *label, *path;
        bool is_next;     // BootNext names it
        bool is_ordered;  // in BootOrder as this start leaves it
        bool is_recovery; // not an entry, but the firmware's recovery if none can be started: PlatformRecovery0000
        size_t position;  // there, from 0
        enum predict_reason reason;
        char *explanation; // one sentence, without a full stop
        // If the reason is PREDICT_STARTED, unless it is one of the firmware's own programs:
        const struct predict_device *device;
        const struct predict_partition *partition;
        char *file;
        bool is_fallback; // the entry names a device alone
};

struct prediction {
        struct prediction_step *steps; // BootNext, BootOrder as the firmware will have it, then the ignored entries
        size_t count;
        const struct prediction_step *started; // one of the steps; NULL: none can be started: the menu is shown
        // No PREDICT_NOT_KNOWN precedes it, it does not depend on an unknown firmware, and it cannot be refused.
        bool is_certain;
        bool may_be_refused;                 // because of its signature: it is a file, and Secure Boot is on
        const struct generation *generation; // of the firmware; NULL if not known
        bool is_firmware_told;               // known from the caller, not from the store
};
#define AUTO_PREDICTION __attribute__((cleanup(prediction_free)))

// Whether STORE turns Secure Boot on in a firmware that has it: it has a platform key, and SecureBootEnable is not off.
// A file not signed with one of the keys is then refused ("Access Denied").
bool predict_checks_signatures(const struct varstore *store);

// Never fails. Free PREDICTION with prediction_free.
void prediction_make(const struct predict_machine *machine, struct prediction *prediction);
void prediction_free(struct prediction *prediction);

// The step of Boot####, NULL if not found.
const struct prediction_step *prediction_find(const struct prediction *prediction, uint16_t number);

bool prediction_step_has_number(const struct prediction_step *step);

// The name of STEP: "Boot0004", "Boot????" if its number is unknown, "PlatformRecovery"; freed with free().
char *prediction_step_name(const struct prediction_step *step);

// The reason as a stable word for JSON and scripts: "started", "not-reached", "dropped", ...
const char *predict_reason_id(enum predict_reason reason);
