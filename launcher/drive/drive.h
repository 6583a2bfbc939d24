// SPDX-License-Identifier: Apache-2.0
//
// The driver: takes an installer, or the console of a running system, through the steps of a guest profile, guided by
// the screen.
//
// A screen is answered once it has stopped changing (the profile's settle_ms), never after a fixed time, and each key
// must have an effect (typing.h). The target disk is found in the list on the screen (disk-list.h). Errors name the
// step and show the screen.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/drive/disk-list.h"
#include "launcher/evidence/judge.h"
#include "launcher/machine/fill.h"
#include "launcher/machine/profile.h"
#include "launcher/screen/display.h"
#include "launcher/vm/vm.h"

// Everything is borrowed.
struct drive_input {
        struct vm *vm;
        struct evidence *evidence;
        struct display *display;
        const struct judge *judge; // stops the driver if the guest panics
        const struct profile *profile;
        const struct profile_task *task; // of the profile; NULL for its installation
        const char *password;            // for "<password>"
        const struct fill *fill;         // for "<text: ...>"; NULL if the phase types none
        struct drive_disk disk;          // for "<target-disk>"
        enum profile_when over;          // what may happen to a system on that disk; never WHEN_ALWAYS
        uint64_t payload_size; // of the installer's own medium, which is never the target; bytes, 0 if unknown
};

struct drive;
#define AUTO_DRIVE __attribute__((cleanup(drive_free)))

// INPUT is copied.
struct drive *drive_new(const struct drive_input *input);
void drive_free(struct drive **drive);

enum drive_end {
        DRIVE_COMPLETE, // the last step is on the screen
        DRIVE_UNTIL,    // the step UNTIL is on the screen, or a later one if the installer left it out
};

// Drives until the last step is on the screen, or the one with the id UNTIL (NULL for none); that step's keys are not
// sent. May be called again, even after the user has typed: it continues from the step on the screen. Fails with
// ERROR_TIMED_OUT if a step times out or a key has no effect, ERROR_PANIC if the guest panics, ERROR_NO if it resets,
// powers off or refuses, ERROR_ENVIRONMENT if QEMU exits, ERROR_INTERRUPTED.
bool drive_install(struct drive *drive, const char *until, enum drive_end *end, struct error *err);

// Whether drive_install failed because it did not know what to do, so that a person may help: a step timed out, a key
// had no effect, or an unknown screen asked for one.
bool drive_is_stuck(const struct drive *drive, const struct error *err);

// Whether that was an unknown screen.
bool drive_met_unknown(const struct drive *drive);

// Sends the last step's keys, which reboot the guest, until they have an effect. Fails as drive_install does.
bool drive_reboot(struct drive *drive, struct error *err);

// Does the task: unless one of its steps is on the screen, first sends the keys that bring up the first one. Then drives
// to the last step, and sends that step's keys, too. Fails as drive_install does.
bool drive_task(struct drive *drive, struct error *err);

// The id of the step that was last reached or awaited; never NULL.
const char *drive_step(const struct drive *drive);

// Whether PROFILE has a step with that id. ERROR_USAGE with the nearest one if not.
bool drive_check_until(const struct profile *profile, const char *step, struct error *err);
