// SPDX-License-Identifier: Apache-2.0
// The two screens with lists of disks.
#include "launcher/rehearsal/installer/screens.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/guest/modal.h"

// The page fills the screen; five rows of it are the list.
#define PAGE_LINES   16
#define LEGEND_LINE  1
#define HEADING_LINE 4
#define LIST_LINE    6
#define VISIBLE_ROWS 5
#define ROWS_MAX     (DISKS_MAX + 3) // "Local:", the disks, "Remote:", "(none)"

// The list on the screen. The disk of a row that can be selected.
static char rows[ROWS_MAX][LIST_ROW_SIZE];
static bool is_label[ROWS_MAX];
static const struct disk *disk_of[ROWS_MAX];
static size_t row_count;

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
        {is_small, "This disk does not have the minimum space of 8.00 GiB. Choose another disk."},
        {is_boot_medium, "The installer runs from this disk: it has no minimum space free. Choose another disk."},
        {has_other_blocks, "The rehearsal installs only to disks with 512-byte blocks. Choose another disk."},
};

const struct refusal *installer_refusal(const struct disk *disk)
{
        for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
                if (refusals[i].holds(disk))
                        return &refusals[i];
        return NULL;
}

const struct contents *installer_contents(const struct installer *installer, const struct disk *disk)
{
        return &installer->contents[disk - installer->disks.list];
}

static void refuse(struct guest *guest, const char *text)
{
        const struct modal box = {
                "Disk not suitable", text, {0}, "(Enter) OK", KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_ESCAPE)};
        modal_show(guest, &box, NULL);
}

static void add_label(const char *text)
{
        is_label[row_count] = true;
        disk_of[row_count] = NULL;
        text_format(rows[row_count++], LIST_ROW_SIZE, "%s", text);
}

static void add_disk(const struct installer *installer, const struct disk *disk)
{
        const struct contents *contents = installer_contents(installer, disk);
        char capacity[20];
        text_format_capacity(capacity, sizeof capacity, disk_bytes(disk));
        is_label[row_count] = false;
        disk_of[row_count] = disk;
        text_format(rows[row_count++], LIST_ROW_SIZE, " %c %-50s %14s ",
                    contents->has_vmfs   ? '*'
                    : contents->has_vsan ? '#'
                                         : ' ',
                    disk->name, capacity);
}

// Fills the list with the disks that WANTED accepts, or all if it is NULL.
static void fill_list(const struct installer *installer, bool (*wanted)(const struct disk *disk))
{
        row_count = 0;
        add_label("Local:");
        for (size_t i = 0; i < installer->disks.count; i++)
                if (!wanted || wanted(&installer->disks.list[i]))
                        add_disk(installer, &installer->disks.list[i]);
        add_label("Remote:");
        add_label("   (none)");
}

static size_t row_of(const struct disk *disk)
{
        for (size_t i = 0; i < row_count; i++)
                if (disk_of[i] == disk)
                        return i;
        return 1;
}

static struct dialog open_list(struct guest *guest, const char *title)
{
        struct dialog dialog = dialog_open(guest, title, PAGE_LINES, "(F9) Back    (Enter) Continue");
        char line[LIST_ROW_SIZE] = {0};
        dialog_text(guest, &dialog, LEGEND_LINE, STYLE_BOX, " * Contains a VMFS partition");
        dialog_text(guest, &dialog, LEGEND_LINE + 1, STYLE_BOX, " # Claimed by VMware vSAN");
        text_format(line, sizeof line, "%-53s %14s ", "Storage Device", "Capacity");
        dialog_text(guest, &dialog, HEADING_LINE, STYLE_TITLE, line);
        memset(line, FRAME_ACROSS, DIALOG_TEXT);
        dialog_text(guest, &dialog, HEADING_LINE + 1, STYLE_BOX, line);
        return dialog;
}

// Lets the user choose a row; *SELECTED is the one at first.
static struct key choose(struct guest *guest, const struct dialog *dialog, size_t *selected)
{
        const struct list list = {
                .rows = rows, .is_label = is_label, .count = row_count, .visible = VISIBLE_ROWS, .line = LIST_LINE};
        return dialog_choose(guest, dialog, &list, selected, KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_F9));
}

enum outcome installer_disk(struct installer *installer)
{
        struct guest *guest = installer->guest;
        struct dialog dialog = open_list(guest, guest->options.only_install ? "Select a Disk to Install"
                                                                            : "Select a Disk to Install or Upgrade");
        if (installer_show_box(guest, BOX_NO_DISK))
                return OUTCOME_REBOOT;
        fill_list(installer, NULL);
        size_t row = row_of(&installer->disks.list[installer->selected_disk]);
        struct key key = choose(guest, &dialog, &row);
        if (key.name == KEY_F9)
                return OUTCOME_BACK;

        installer->target = disk_of[row];
        installer->selected_disk = (size_t)(disk_of[row] - installer->disks.list);
        const struct refusal *refusal = installer_refusal(installer->target);
        if (!refusal)
                return installer_found(installer);
        refuse(guest, refusal->text);
        return OUTCOME_AGAIN;
}

static bool is_suitable(const struct disk *disk)
{
        return !installer_refusal(disk);
}

// Lists the disks for OSData. The target is selected, and no other one is accepted.
enum outcome installer_osdata(struct installer *installer)
{
        struct dialog dialog = open_list(installer->guest, "Select a Disk to store ESX OSData");
        fill_list(installer, is_suitable);
        size_t row = row_of(installer->target);
        if (choose(installer->guest, &dialog, &row).name == KEY_F9)
                return OUTCOME_BACK;
        if (disk_of[row] == installer->target)
                return OUTCOME_NEXT;
        refuse(installer->guest, "The rehearsal stores OSData on the disk it installs to.");
        return OUTCOME_AGAIN;
}
