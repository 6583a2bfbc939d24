// SPDX-License-Identifier: Apache-2.0
// Putting the system on the disk, for real: partition table, ESP, boot banks. In stages, so that the installer can show
// a progress between them.
#pragma once

#include "launcher/rehearsal/disk/disks.h"
#include "launcher/rehearsal/disk/layout.h"
#include "launcher/rehearsal/efi/load-option.h"
#include "launcher/rehearsal/guest/payload.h"

struct deployment {
        const struct disk *target;
        const struct payload *payload;
        struct guid disk; // of the partition table
        struct gpt_partition partitions[LAYOUT_COUNT];
        const char *failed; // what went wrong in the stage that returned false
        uint64_t failed_lba;
};

struct deploy_stage {
        const char *label;
        unsigned percent; // done when the stage is
        bool (*run)(struct deployment *deployment);
};

#define DEPLOY_STAGES 6

extern const struct deploy_stage deploy_stages[DEPLOY_STAGES];

// Plans a deployment, with GUIDs nobody had before. Writes nothing yet. False if the target cannot hold a system.
bool deploy_plan(struct deployment *deployment, const struct disk *target, const struct payload *payload);

// The load option that starts the deployed system.
struct load_option deploy_load_option(const struct deployment *deployment);
