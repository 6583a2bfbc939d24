// SPDX-License-Identifier: Apache-2.0
//
// The installed disk, booted alone: only when firmware, variables and disk belong together, and judged by its log.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine.h"
#include "launcher/profile.h"
#include "launcher/settings.h"

// Everything is borrowed.
struct boot_input {
        struct machine *machine;         // locked and installed
        const struct settings *settings; // complete
        const struct profile *profile;
        const char *code_path;  // the firmware
        const char *tag, *runs; // of the run; NULL for the usual ones
        bool stay;              // once it is up, give the user the console until it is left (attach.h)
};

// What came out. Free with boot_outcome_free, on failure too.
struct boot_outcome {
        char *evidence;
        uint64_t duration_ms;
        char *booted;        // "Boot0004 \"VMware ESXi\" from HD(...)"; NULL where the firmware said nothing
        bool expected_entry; // what booted is the machine's own boot entry
};
void boot_outcome_free(struct boot_outcome *outcome);
#define AUTO_BOOT_OUTCOME __attribute__((cleanup(boot_outcome_free)))

// Boots and judges. Fails with ERROR_NO where firmware, variables and disk do not match (nothing is started then) or a
// criterion does not hold, ERROR_TIMED_OUT, ERROR_PANIC, ERROR_ENVIRONMENT, ERROR_INTERRUPTED. ERR must not be NULL.
bool boot_run(const struct boot_input *input, struct boot_outcome *outcome, struct error *err);
