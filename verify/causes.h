// SPDX-License-Identifier: Apache-2.0
//
// The inside of a diagnosis (diagnose.h): what the files say, read by diagnose.c, and the causes, which causes.c finds in it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "varstore/bootchain.h"
#include "verify/diagnose.h"
#include "verify/disk/devices.h"
#include "verify/disk/gpt.h"
#include "verify/log/lastboot.h"
#include "verify/match.h"

// Everything that the files say, read once.
struct facts {
        const struct diagnose_input *in;
        struct varstore *store;
        struct bootchain chain;
        struct error vars_error;
        struct disk *disk;
        struct error disk_error;
        struct gpt gpt;
        struct error gpt_error;
        bool has_gpt; // and one that the firmware sees
        bool has_loader;
        bool has_match;
        struct match match;
        struct devices devices;
        struct prediction prediction; // of the disk alone
        struct lastboot *logs;        // one for each
        size_t log_count;
};

// Whether the firmware will start the system's own entry.
bool facts_boot_themselves(const struct facts *facts);

// Looks for CAUSE, unless one of FOUND (a bit for each cause) explains it. Fills FINDING, which belongs to the caller, with
// the evidence where it is found.
bool cause_find(enum cause cause, const struct facts *facts, uint64_t found, struct finding *finding);
