// SPDX-License-Identifier: Apache-2.0
//
// Diagnose: why a disk does not boot its own system ("the installer comes back"), as causes that a person can act on, each
// with the evidence for it.
//
// Everything is told from files: the vars, the disk, the firmware's digest, what the machine's folder says of its
// installation and of its last run, and console logs. Nothing is started or written. The causes are a table; one that
// follows from another that was found is not named. docs/diagnosis.md lists them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/predict.h"

// The likeliest and the deepest first: of two that fit, the earlier one is the reason for the later.
enum cause {
        CAUSE_PANIC,
        CAUSE_DISK_MISSING,
        CAUSE_DISK_UNREADABLE,
        CAUSE_INSTALL_INTERRUPTED,
        CAUSE_WRONG_DISK,
        CAUSE_DISK_BLANK,
        CAUSE_DISK_DAMAGED,
        CAUSE_DISK_WITHOUT_GPT,
        CAUSE_DISK_WITHOUT_ESP,
        CAUSE_FIRMWARE_CHANGED,
        CAUSE_PAYLOAD_FIRST,
        CAUSE_NO_RUNTIME_SERVICES,
        CAUSE_VARS_MISSING,
        CAUSE_VARS_DAMAGED,
        CAUSE_VARS_BLANK,
        CAUSE_VARS_RECREATED,
        CAUSE_VARS_OF_ANOTHER_INSTALL,
        CAUSE_ENTRY_MISSING,
        CAUSE_ENTRY_WITHOUT_PARTITION,
        CAUSE_ESP_DAMAGED,
        CAUSE_LOADER_MISSING,
        CAUSE_ENTRY_INACTIVE,
        CAUSE_ENTRY_NOT_ORDERED,
        CAUSE_BOOT_NEXT,
        CAUSE_ENTRY_NOT_FIRST,
        CAUSE_HOST_DIED,
        CAUSE_RUN_FAILED,
        CAUSES
};

// What has to be done about a cause. How it is done with a machine or with loose files is the launcher's knowledge.
enum remedy {
        REMEDY_PUT_BACK_VARS, // the vars of the installation, or some that are made from the disk
        REMEDY_ACTIVATE,      // the entry, and put it first
        REMEDY_FIRST,         // the entry, in BootOrder
        REMEDY_CLEAR_NEXT,    // BootNext
        REMEDY_FIRMWARE,      // use the one of the installation
        REMEDY_GIC,           // boot with a GICv2
        REMEDY_BOOT,          // boot the disk alone again
        REMEDY_NAME_DISK,     // bring the disk that belongs to the vars
        REMEDY_INSTALL,       // again
};

struct cause_row {
        const char *id;     // stable, for JSON and scripts
        const char *title;  // a sentence
        const char *how;    // how it is found
        const char *advice; // what mends it, a sentence or two
        enum remedy remedy;
};
const struct cause_row *cause_row(enum cause cause);

// What the machine's last run that had a console left. Everything is borrowed.
struct diagnose_run {
        const char *folder; // NULL where there is none
        bool is_install, is_finished;
        const char *outcome, *message; // from its result.json; NULL where it has none
};

enum {
        DIAGNOSE_BOOT_CFG_LIMIT = 64 << 10 // bytes that a BOOT.CFG may have
};

// Everything is borrowed; what is not known is NULL.
struct diagnose_input {
        const char *vars_path, *disk_path, *disk_format;
        const char *label;                                   // of the boot entry
        const char *code_path, *expected_code, *actual_code; // firmware, and its SHA-256: of the installation, and now
        struct predict_firmware firmware;                    // what it is
        struct predict_device disk;                          // as it is attached; its partitions are not looked at
        bool is_machine, is_installed, is_running;           // of the machine, if it is one
        const char *installed_disk;                          // GUID of the disk that it was installed on
        struct diagnose_run run;
        const char *const *logs; // console logs, the newest last
        size_t log_count;
        const char *boot_cfg_name;   // of the payload's BOOT.CFG, as evidence is to name it
        struct bytes boot_cfg;       // what is in it
        const char *machine_options; // QEMU's -machine, as the machine's settings have it
};

struct evidence_item {
        char *where;            // file, and offset or line in it
        char *found, *expected; // EXPECTED may be NULL
};

struct finding {
        enum cause cause;
        struct evidence_item *items;
        size_t count;
};

struct diagnosis {
        struct finding *findings; // none: it is healthy
        size_t count;
        bool has_entry;
        uint16_t entry;    // of the boot entry that the findings speak of
        bool boots_itself; // the firmware will start that entry
        char *boots;       // what the firmware will start with the disk alone, one line; NULL where that cannot be told
};
#define AUTO_DIAGNOSIS __attribute__((cleanup(diagnosis_free)))

// Fails where something that is named cannot be read because of the host (no qemu-img, no permission), or a log is
// missing. Free DIAGNOSIS with diagnosis_free.
bool diagnose(const struct diagnose_input *input, struct diagnosis *diagnosis, struct error *err);
void diagnosis_free(struct diagnosis *diagnosis);
