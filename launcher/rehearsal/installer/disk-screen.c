// SPDX-License-Identifier: Apache-2.0
// The two screens with lists of disks.
#include "launcher/rehearsal/installer/screens.h"

#include "launcher/rehearsal/base/text.h"

#define VISIBLE_DISKS 8
#define LIST_LINE     2

static char rows[DISKS_MAX][LIST_ROW_SIZE];

static bool is_small(const struct disk *disk)
{
        return disk_bytes(disk) < LAYOUT_MIN_BYTES;
}

static bool is_boot_medium(const struct disk *disk)
{
        return disk->is_boot_medium;
}

static bool has_other_blocks(const struct disk *disk)
{
        return disk->block_size != GPT_BLOCK_SIZE;
}

// Why a disk cannot be installed to.
static const struct refusal refusals[] = {
        {is_small, {"This disk does not have the minimum space of 8.00 GiB.", "Choose another disk."}},
        {is_boot_medium, {"The installer runs from this disk: it has no minimum space free.", "Choose another disk."}},
        {has_other_blocks, {"The rehearsal installs only to disks with 512-byte blocks.", "Choose another disk."}},
};

const struct refusal *installer_refusal(const struct disk *disk)
{
        for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
                if (refusals[i].holds(disk))
                        return &refusals[i];
        return NULL;
}

static void format_row(char row[LIST_ROW_SIZE], const struct disk *disk)
{
        char capacity[20];
        text_format_capacity(capacity, sizeof capacity, disk_bytes(disk));
        text_format(row, LIST_ROW_SIZE, " %-48s %15s ", disk->name, capacity);
}

static struct dialog open_list(struct guest *guest, const char *title)
{
        struct dialog dialog =
                dialog_open(guest, title, LIST_LINE + VISIBLE_DISKS + 1, "(F9) Back    (Enter) Continue");
        char heading[LIST_ROW_SIZE];
        text_format(heading, sizeof heading, " %-48s %15s ", "Storage Device", "Capacity");
        dialog_text(guest, &dialog, 0, STYLE_TITLE, heading);
        return dialog;
}

static struct key choose(struct installer *installer, const struct dialog *dialog, size_t count, size_t *selected)
{
        const struct list list = {.rows = rows, .count = count, .visible = VISIBLE_DISKS, .line = LIST_LINE};
        return dialog_choose(installer->guest, dialog, &list, selected, KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_F9));
}

enum outcome installer_disk(struct installer *installer)
{
        const struct disks *disks = &installer->disks;
        for (size_t i = 0; i < disks->count; i++)
                format_row(rows[i], &disks->list[i]);

        struct dialog dialog = open_list(installer->guest, "Select a Disk to Install or Upgrade");
        struct key key = choose(installer, &dialog, disks->count, &installer->selected_disk);
        if (key.name == KEY_F9)
                return OUTCOME_BACK;

        const struct disk *chosen = &disks->list[installer->selected_disk];
        const struct refusal *refusal = installer_refusal(chosen);
        if (refusal) {
                dialog_message(installer->guest, &dialog, "Disk not suitable", refusal->lines, 2);
                return OUTCOME_AGAIN;
        }
        installer->target = chosen;
        return OUTCOME_NEXT;
}

// Lists the disks for OSData. The target is selected, and no other one is accepted.
enum outcome installer_osdata(struct installer *installer)
{
        static const char *const elsewhere[] = {"The rehearsal stores OSData on the disk it installs to."};
        size_t count = 0;
        size_t target = 0;
        for (size_t i = 0; i < installer->disks.count; i++) {
                const struct disk *disk = &installer->disks.list[i];
                if (installer_refusal(disk))
                        continue;
                if (disk == installer->target)
                        target = count;
                format_row(rows[count++], disk);
        }

        size_t selected = target;
        struct dialog dialog = open_list(installer->guest, "Select a Disk to store ESX OSData");
        if (choose(installer, &dialog, count, &selected).name == KEY_F9)
                return OUTCOME_BACK;
        if (selected == target)
                return OUTCOME_NEXT;
        dialog_message(installer->guest, &dialog, "Disk not suitable", elsewhere, 1);
        return OUTCOME_AGAIN;
}
