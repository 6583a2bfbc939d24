// SPDX-License-Identifier: Apache-2.0
//
// The causes that a diagnosis can report, and how each is recognised from the facts (facts.h). A new cause is a new row
// in the table.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/facts.h"

// Ordered by priority: if two causes fit, the earlier one explains the later one.
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
        CAUSE_BOOT_ENDED,
        CAUSE_RUN_FAILED,
        CAUSE_BOOT_INCOMPLETE,
        CAUSES
};

// What has to be done about a cause. The launcher turns it into a command for a machine or for loose files.
enum remedy {
        REMEDY_PUT_BACK_VARS, // the vars of the installation, or vars rebuilt from the disk
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
        const char *advice; // what fixes it, a sentence or two
        enum remedy remedy;
};
const struct cause_row *cause_row(enum cause cause);

struct evidence_item {
        char *where;            // file, and offset or line in it
        char *found, *expected; // EXPECTED may be NULL
};

struct finding {
        enum cause cause;
        struct evidence_item *items;
        size_t count;
};

// Looks for CAUSE, unless one of FOUND (a bit for each cause) explains it. If CAUSE is found, fills FINDING, which
// belongs to the caller, with the evidence.
bool cause_find(enum cause cause, const struct facts *facts, uint64_t found, struct finding *finding);
