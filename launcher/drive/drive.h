// SPDX-License-Identifier: Apache-2.0
//
// The driver: takes an installer through the steps of a guest profile, by what is on its screen.
//
// A screen is answered once it stands still (the profile's settle_ms), never after a fixed time, and its keys are seen to
// be taken (typing.h). The target disk is found in the list on the screen (disk-list.h). Every failure says in which step,
// and shows the screen.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/drive/disk-list.h"
#include "launcher/evidence/judge.h"
#include "launcher/machine/profile.h"
#include "launcher/screen/display.h"
#include "launcher/vm/vm.h"

// Everything is borrowed.
struct drive_input {
        struct vm *vm;
        struct evidence *evidence;
        struct display *display;
        const struct judge *judge; // stops the driver where the guest panics
        const struct profile *profile;
        const char *password;   // for "<password>"
        struct drive_disk disk; // for "<target-disk>"
        uint64_t payload_size;  // bytes, of the installer's own medium, which is never installed to; 0 if not known
};

struct drive;
#define AUTO_DRIVE __attribute__((cleanup(drive_free)))

// A driver for the profile's install phase. INPUT is copied.
struct drive *drive_new(const struct drive_input *input);
void drive_free(struct drive **drive);

enum drive_end {
        DRIVE_COMPLETE, // the last step is on the screen
        DRIVE_UNTIL,    // the step that was named is on the screen, or the installer has left it out and is further on
};

// Drives until the last step is on the screen, or the one with the id UNTIL (NULL for none); the keys of the step that
// it ends at are not sent. Called again, also after somebody else has typed, it goes on from whatever step is on the
// screen then. Fails with ERROR_TIMED_OUT if a step times out or a key has no effect, ERROR_PANIC if the guest panics,
// ERROR_NO if it resets, powers off or says no, ERROR_ENVIRONMENT if QEMU ends, ERROR_INTERRUPTED.
bool drive_install(struct drive *drive, const char *until, enum drive_end *end, struct error *err);

// Sends the last step's keys, which reboot the guest, and sees that they are taken. Fails as drive_install does.
bool drive_reboot(struct drive *drive, struct error *err);

// The id of the step that was reached or waited for last; never NULL.
const char *drive_step(const struct drive *drive);

// Whether PROFILE has a step of that id. If not, ERROR_USAGE with the nearest one.
bool drive_check_until(const struct profile *profile, const char *step, struct error *err);
