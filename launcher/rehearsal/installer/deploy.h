// SPDX-License-Identifier: Apache-2.0
// Writes the system to the disk: partition table, ESP, boot banks. In stages, so that the installer can show progress.
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
        const char *failed; // what went wrong, after a stage returned false
        uint64_t failed_lba;
};

struct deploy_stage {
        const char *label;
        unsigned percent; // of the progress, after the stage
        bool (*run)(struct deployment *deployment);
};

#define DEPLOY_STAGES 6

extern const struct deploy_stage deploy_stages[DEPLOY_STAGES];

// Plans a deployment with new GUIDs; writes nothing. False if the target is too small.
bool deploy_plan(struct deployment *deployment, const struct disk *target, const struct payload *payload);

// The load option that starts the deployed system.
struct load_option deploy_load_option(const struct deployment *deployment);
