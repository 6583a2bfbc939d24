// SPDX-License-Identifier: Apache-2.0
// The steps of the guest, from the first screen of the installer to the console of the installed system, where options
// can make it misbehave. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum step {
        STEP_NONE,
        STEP_WELCOME,
        STEP_EULA,
        STEP_DISK,
        STEP_OSDATA,
        STEP_USB,
        STEP_KEYBOARD,
        STEP_PASSWORD,
        STEP_WARNINGS,
        STEP_CONFIRM,
        STEP_PROGRESS,
        STEP_HALFWAY, // in the middle of the progress: the ESP is written, the boot entry is not
        STEP_COMPLETE,
        STEP_SHUTDOWN, // of the installer and of the installed system
        STEP_BOOT,     // the installed system's first line
        STEP_DCUI,     // the installed system's console
        STEP_UP,       // a second after the console is there
        STEP_COUNT,
};

// "welcome", "eula", ... as in the options file.
const char *step_name(enum step step);

// Finds the step by its name, SIZE bytes. False if not found.
bool step_named(const char *name, size_t size, enum step *step);
