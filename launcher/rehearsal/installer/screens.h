// SPDX-License-Identifier: Apache-2.0
// What the installer's screens share, and the screens that have their own file.
#pragma once

#include "launcher/rehearsal/guest/dialog.h"
#include "launcher/rehearsal/installer/deploy.h"

enum outcome {
        OUTCOME_NEXT,
        OUTCOME_BACK,  // the user pressed F9
        OUTCOME_AGAIN, // redraw it, because a message covered it
};

struct installer {
        struct guest *guest;
        const struct payload *payload;
        struct disks disks;
        size_t selected_disk;
        size_t selected_keyboard;
        const struct disk *target;
        char entry[64]; // the boot entry, or why none was written, for the last screen
};

// Why the installer refuses a disk, as the lines of a message.
struct refusal {
        bool (*holds)(const struct disk *disk);
        const char *lines[2];
};

// NULL if DISK can be installed to.
const struct refusal *installer_refusal(const struct disk *disk);

enum outcome installer_disk(struct installer *installer);
enum outcome installer_osdata(struct installer *installer);
enum outcome installer_keyboard(struct installer *installer);
enum outcome installer_password(struct installer *installer);
enum outcome installer_progress(struct installer *installer);
