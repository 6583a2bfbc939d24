// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/boxes.h"

#include "launcher/rehearsal/base/text.h"

static const char *const names[BOX_COUNT] = {
        [BOX_ESXI_FOUND] = "esxi-found",
        [BOX_ESXI_ONLY] = "esxi-only",
        [BOX_FORCE_MIGRATE] = "force-migrate",
        [BOX_VMFS_FOUND] = "vmfs-found",
        [BOX_ESXI_VMFS] = "esxi-vmfs",
        [BOX_VMFS_LOST] = "vmfs-lost",
        [BOX_OLD_ESX] = "old-esx",
        [BOX_VSAN] = "vsan",
        [BOX_CONFIRM] = "confirm",
        [BOX_SMALL] = "small",
        [BOX_UNSCANNABLE] = "unscannable",
        [BOX_NO_DRIVERS] = "no-drivers",
        [BOX_UNKNOWN] = "unknown",
        [BOX_NO_DISK] = "no-disk",
        [BOX_NO_NETWORK] = "no-network",
        [BOX_GEOMETRY] = "geometry",
        [BOX_ALERT] = "alert",
        [BOX_ERRORS] = "errors",
        [BOX_FAILED] = "failed",
};

const char *box_name(enum box box)
{
        return names[box];
}

static bool add_box(struct span name, box_set *boxes)
{
        for (unsigned i = 0; i < BOX_COUNT; i++) {
                if (!text_is_word(name.at, name.size, names[i]))
                        continue;
                *boxes |= BOX_BIT(i);
                return true;
        }
        return false;
}

bool boxes_read(struct span list, box_set *boxes)
{
        *boxes = 0;
        for (;;) {
                struct span name = {.at = list.at};
                while (name.size < list.size && list.at[name.size] != ',')
                        name.size++;
                if (!add_box(name, boxes))
                        return false;
                if (name.size == list.size)
                        return true;
                list = (struct span){.at = list.at + name.size + 1, .size = list.size - name.size - 1};
        }
}
