// SPDX-License-Identifier: Apache-2.0
// The installer's boxes that the option `box` forces, by name. Pure.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"

enum box {
        // After a disk was chosen: what is on it.
        BOX_ESXI_FOUND,
        BOX_ESXI_ONLY,     // the same, without the choice to upgrade
        BOX_FORCE_MIGRATE, // the same, with another name for the upgrade
        BOX_VMFS_FOUND,
        BOX_ESXI_VMFS,
        BOX_VMFS_LOST,
        BOX_OLD_ESX,
        BOX_VSAN,
        BOX_CONFIRM,
        // After a disk was chosen: it is refused.
        BOX_SMALL,
        BOX_UNSCANNABLE,
        BOX_NO_DRIVERS,
        BOX_UNKNOWN, // one that no guest profile knows
        // Elsewhere.
        BOX_NO_DISK,
        BOX_NO_NETWORK,
        BOX_GEOMETRY,
        BOX_ALERT,
        BOX_ERRORS,
        BOX_FAILED,
        BOX_COUNT,
};

// Bit (1 << box).
typedef unsigned box_set;

#define BOX_BIT(box) (1u << (box))

// "esxi-found", "esxi-only", ... as in the options file.
const char *box_name(enum box box);

// Reads names that are separated by commas. False if one is unknown or there is none.
bool boxes_read(struct span names, box_set *boxes);
