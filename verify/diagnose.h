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

#include "base/error.h"
#include "verify/causes.h"
#include "verify/facts.h"

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
bool diagnose(const struct facts_input *input, struct diagnosis *diagnosis, struct error *err);
void diagnosis_free(struct diagnosis *diagnosis);
