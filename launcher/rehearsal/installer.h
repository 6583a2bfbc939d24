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

// Runs the installer to the reboot.
_Noreturn void installer_run(struct guest *guest, const struct payload *payload);

// The screens that have a file of their own.
enum outcome installer_disk(struct installer *installer);
enum outcome installer_osdata(struct installer *installer);
enum outcome installer_keyboard(struct installer *installer);
enum outcome installer_password(struct installer *installer);
enum outcome installer_progress(struct installer *installer);
