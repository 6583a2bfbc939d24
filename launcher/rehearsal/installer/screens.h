// SPDX-License-Identifier: Apache-2.0
// What the installer's screens share, and the screens that have their own file.
#pragma once

#include "launcher/rehearsal/guest/dialog.h"
#include "launcher/rehearsal/installer/deploy.h"

enum outcome {
        OUTCOME_NEXT,
        OUTCOME_BACK,   // the user pressed F9
        OUTCOME_AGAIN,  // redraw it: a box refused what was chosen
        OUTCOME_REBOOT, // the installation is over
};

struct installer {
        struct guest *guest;
        const struct payload *payload;
        struct disks disks;
        struct contents contents[DISKS_MAX]; // of each disk
        size_t selected_disk;
        size_t selected_keyboard;
        const struct disk *target;
        enum deploy_way way;
        bool upgrades;    // as the user was asked; WAY is what that comes to
        bool migrates;    // an upgrade that is called so
        bool is_scripted; // by kickstart
        char entry[64];   // the boot entry, or why none was written, for the last screen
};

// What is on DISK, one of the installer's.
const struct contents *installer_contents(const struct installer *installer, const struct disk *disk);

// Why the installer refuses a disk.
struct refusal {
        bool (*holds)(const struct disk *disk);
        const char *text;
};

// NULL if DISK can be installed to.
const struct refusal *installer_refusal(const struct disk *disk);

// What happens to what is on the target: sets how to deploy to it. OUTCOME_AGAIN if another disk has to be chosen.
enum outcome installer_found(struct installer *installer);

// Shows a box that does not depend on the disk, if the option `box` wants it. Returns whether it did.
bool installer_show_box(struct guest *guest, enum box box);

enum outcome installer_disk(struct installer *installer);
enum outcome installer_osdata(struct installer *installer);
enum outcome installer_keyboard(struct installer *installer);
enum outcome installer_password(struct installer *installer);
enum outcome installer_progress(struct installer *installer);
