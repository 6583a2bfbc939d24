// SPDX-License-Identifier: Apache-2.0
//
// Boots the installed disk alone, if firmware, variables and disk belong together, and judges the boot by its log.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/profile.h"
#include "launcher/machine/settings.h"

// The outcome. Free with boot_outcome_free, on failure too.
struct boot_outcome {
        char *evidence;
        char *accel; // accelerator of the run; NULL if it did not get that far
        uint64_t duration_ms;
        char *booted;        // "Boot0004 \"VMware ESXi\" from HD(...)"; NULL if the firmware reported nothing
        bool expected_entry; // what booted is the machine's own boot entry
        json_t *task;        // the result of the task (task.h); NULL if it did not get that far
};
void boot_outcome_free(struct boot_outcome *outcome);
#define AUTO_BOOT_OUTCOME __attribute__((cleanup(boot_outcome_free)))

// What happens to the machine once it is up.
enum boot_stay {
        BOOT_STOP,       // stop it: the run only checks that it comes up
        BOOT_FOREGROUND, // the user gets its console (attach.h)
        BOOT_BACKGROUND, // it runs without a terminal until it ends or is stopped
};

// Everything is borrowed.
struct boot_input {
        struct machine *machine;         // locked and installed
        const struct settings *settings; // complete
        const struct profile *profile;
        const char *code_path;  // the firmware
        const char *tag, *runs; // of the run; NULL for the defaults
        bool force;             // start although the firmware will start another entry than the system's own
        enum boot_stay stay;
        const struct profile_task *task; // with BOOT_STOP: do it, and have the guest power itself off; NULL for none
        const char *password;            // for TASK
        const struct arguments *texts;   // for TASK: KEY=VALUE (fill.h)
        bool watch;                      // show the guest's screen in the user's terminal
        // Called once it is up, before it stays up; may be NULL.
        void (*up)(const struct boot_outcome *outcome, void *context);
        void *context;
};

// Boots and judges. A machine that stays up also does the tasks that clients of its control socket ask for. Fails with ERROR_NO if firmware, variables and disk do not match or the firmware would start another
// entry (nothing is started then), or if a criterion is not met or, with BOOT_STOP, another entry starts; with
// ERROR_PANIC also if the system panics after it came up; ERROR_TIMED_OUT, ERROR_PANIC, ERROR_ENVIRONMENT, ERROR_INTERRUPTED. ERR must not be NULL.
bool boot_run(const struct boot_input *input, struct boot_outcome *outcome, struct error *err);
