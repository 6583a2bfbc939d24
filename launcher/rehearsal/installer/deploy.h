// SPDX-License-Identifier: Apache-2.0
// Writes the system to the disk: partition table, ESP, boot banks. In stages, so that the installer can show progress.
#pragma once

#include "launcher/rehearsal/disk/contents.h"
#include "launcher/rehearsal/disk/disks.h"
#include "launcher/rehearsal/disk/layout.h"
#include "launcher/rehearsal/efi/load-option.h"
#include "launcher/rehearsal/guest/payload.h"

// What happens to what is on the disk.
enum deploy_way {
        DEPLOY_NEW,       // all of it goes
        DEPLOY_KEEP_VMFS, // the first VMFS partition stays
        DEPLOY_UPGRADE,   // everything but the loaders and one boot bank stays
};

struct deployment {
        const struct disk *target;
        const struct payload *payload;
        enum deploy_way way;
        struct guid disk;                                  // of the partition table
        struct gpt_partition partitions[LAYOUT_COUNT + 1]; // the last one is a VMFS partition that stays
        size_t count;
        char origin[80];    // what the disk tells about the installation: "new", "upgrade of ..."
        const char *failed; // what went wrong, after a stage returned false
        uint64_t failed_lba;
};

struct deploy_stage {
        const char *label;
        unsigned percent; // of the progress, after the stage
        bool (*run)(struct deployment *deployment);
        bool upgrades; // it is part of an upgrade, too
};

#define DEPLOY_STAGES 6

extern const struct deploy_stage deploy_stages[DEPLOY_STAGES];

// Whether the system on the disk has the partitions that an upgrade needs.
bool deploy_can_upgrade(const struct disk *target, const struct contents *contents);

// Whether the system leaves room for the first VMFS partition that is on the disk.
bool deploy_can_keep_vmfs(const struct disk *target, const struct contents *contents);

// Plans a deployment; writes nothing. Only an upgrade, which must be possible, has the GUIDs of what was there before.
// False if the target is too small.
bool deploy_plan(struct deployment *deployment, const struct disk *target, const struct contents *contents,
                 enum deploy_way way, const struct payload *payload);

// The load option that starts the deployed system.
struct load_option deploy_load_option(const struct deployment *deployment);
