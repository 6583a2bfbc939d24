// SPDX-License-Identifier: Apache-2.0
//
// An installation, from an empty folder to a sealed machine: fresh vars, the installer driven to its end, the reboot
// watched, the boot entry checked and matched with the disk, everything recorded.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/process.h"
#include "fw/firmware.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/profile.h"
#include "launcher/machine/settings.h"
#include "launcher/payload/payload.h"

// Everything is borrowed.
struct install_input {
        struct machine *machine;         // locked
        const struct settings *settings; // complete
        const struct profile *profile;
        const struct firmware *firmware;
        struct payload_request payload; // what is installed, and root's password
        const char *disk_name;          // pattern of the disk's row in the installer's list; NULL if not given
        unsigned disk_position; // its place there, from 1; 0 if not given. Without both, the disk is found by its size
        const struct arguments *texts; // KEY=VALUE for the texts that the profile types (fill.h)
        const char *until;             // id of the step to stop at; NULL for none
        bool hand_over; // give the user the console there, and where the automation is stuck if there is a terminal
        bool watch;     // show the guest's screen
        const char *tag, *runs; // of the run; NULL for the defaults
        bool force;             // replace an installed machine
        // WHEN_OVERWRITE and WHEN_UPGRADE: keep the machine's disk, and let the installer do that to what is on it.
        // WHEN_KEEP: make the disk anew; what is on another disk stays.
        enum profile_when over;
};

// The outcome. Free with install_outcome_free, on failure too.
struct install_outcome {
        char *evidence; // folder; NULL if it did not get that far
        char *accel;    // accelerator of the run; NULL if it did not get that far
        uint64_t duration_ms;
        char *entry; // "Boot0004 \"VMware ESXi\" HD(1,...)/\EFI\VMware\safeboot64.efi"
        bool reboot_seen;
        bool stopped; // at the requested step: a success, but the machine is not installed
};
void install_outcome_free(struct install_outcome *outcome);
#define AUTO_INSTALL_OUTCOME __attribute__((cleanup(install_outcome_free)))

// Installs. On failure the machine has no sealed installation. ERR must not be NULL: it is part of the evidence.
bool install_run(const struct install_input *input, struct install_outcome *outcome, struct error *err);
