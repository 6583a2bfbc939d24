// SPDX-License-Identifier: Apache-2.0
// The guest as installer: ESXi's screens in their order, each a step of its own.
#pragma once

#include "deploy.h"
#include "dialog.h"

// What a screen leads to.
enum outcome {
        OUTCOME_NEXT,
        OUTCOME_BACK,  // the user pressed F9
        OUTCOME_AGAIN, // show it anew, because a message lay over it
};

struct installer {
        struct guest *guest;
        const struct payload *payload;
        struct disks disks;
        size_t selected_disk;
        size_t selected_keyboard;
        const struct disk *target;
        char entry[64]; // what became of the boot entry, for the last screen
};

// Why the installer refuses a disk, as the lines of a message.
struct refusal {
        bool (*holds)(const struct disk *disk);
        const char *lines[2];
};

// Runs the installer to the reboot.
_Noreturn void installer_run(struct guest *guest, const struct payload *payload);

// Installs as the kickstart file at PATH on the payload says, without a key, to the reboot. Where something is wrong it
// says so and waits for ever.
_Noreturn void installer_kickstart(struct installer *installer, struct span path);

// The last screen. Waits for Enter, or, where the kickstart file says so, a moment.
enum outcome installer_complete(struct installer *installer);
void installer_complete_alone(struct installer *installer);

// NULL where DISK can be installed to.
const struct refusal *installer_refusal(const struct disk *disk);

// The screens that have a file of their own.
enum outcome installer_disk(struct installer *installer);
enum outcome installer_osdata(struct installer *installer);
enum outcome installer_keyboard(struct installer *installer);
enum outcome installer_password(struct installer *installer);
enum outcome installer_progress(struct installer *installer);
