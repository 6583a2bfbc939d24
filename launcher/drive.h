// SPDX-License-Identifier: Apache-2.0
//
// The driver: takes an installer through the steps of a guest profile, by what is on its screen.
//
// A screen is answered once it stands still (the profile's settle_ms), never after a fixed time. A key is seen to have
// had its effect, and is sent again where the guest swallowed it. The target disk is found in the list on the screen by
// its size and selected by watching the selection move.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/display.h"
#include "launcher/judge.h"
#include "launcher/profile.h"
#include "launcher/vm.h"

// Everything is borrowed.
struct drive_input {
        struct vm *vm;
        struct evidence *evidence;
        struct display *display;
        const struct judge *judge; // stops the driver where the guest panics
        const struct profile *profile;
        const char *password; // for "<password>"
        uint64_t disk_size;   // of "<target-disk>", in bytes
};

// Drives the profile's install phase until its last step is on the screen; that step's keys are not sent. Fails with ERROR_TIMED_OUT where a step does not come in its time
// or a key stays without effect (the screen's text is in ERR), ERROR_PANIC where the guest panics, ERROR_NO where it
// resets or powers off in the middle, ERROR_ENVIRONMENT where QEMU ends, ERROR_INTERRUPTED.
bool drive_install(const struct drive_input *input, struct error *err);

// Sends the last step's keys, which reboot the guest, and sees that they are taken. Fails as drive_install does.
bool drive_reboot(const struct drive_input *input, struct error *err);
