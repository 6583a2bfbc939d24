// SPDX-License-Identifier: Apache-2.0
//
// Diagnose: why a disk does not boot its own system ("the installer comes back"), as causes that the user can act on,
// each with its evidence (docs/diagnosis.md).
//
// It only reads files: the vars, the disk, the firmware's digest, the records of the installation and the last run in
// the machine's folder, and console logs. A cause that follows from another one found is not reported.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "verify/causes.h"
#include "verify/facts.h"

struct diagnosis {
        struct finding *findings; // no findings: the machine is healthy
        size_t count;
        bool has_entry;
        uint16_t entry;    // of the boot entry that the findings are about
        bool has_loader;   // the disk has one of the known loaders
        bool boots_itself; // the firmware will start that entry
        char *boots;       // what the firmware will start with the disk alone, one line; NULL if unknown
};
#define AUTO_DIAGNOSIS __attribute__((cleanup(diagnosis_free)))

// Fails if an input cannot be read because of the host (no qemu-img, no permission), or if a log is missing. Free
// DIAGNOSIS with diagnosis_free.
bool diagnose(const struct facts_input *input, struct diagnosis *diagnosis, struct error *err);
void diagnosis_free(struct diagnosis *diagnosis);
