// SPDX-License-Identifier: Apache-2.0
// The boxes over the list of disks, about what is on the chosen one; and the boxes that any screen may have.
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/guest/modal.h"
#include "launcher/rehearsal/installer/screens.h"

#define EXAMINE_MS 100 // "Scanning..."

enum decision {
        DECIDE_AGAIN, // another disk
        DECIDE_INSTALL,
        DECIDE_KEEP_VMFS,
        DECIDE_UPGRADE,
        DECIDE_MIGRATE,
};

#define ENTER_OR_ESC (KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_ESCAPE))
#define OK_OR_CANCEL "(Esc) Cancel  (Enter) OK"

// A box about the disk, and what Enter decides for each radio button (for the first one if there are none).
static const struct {
        struct modal modal;
        enum decision decisions[MODAL_CHOICES];
} disk_boxes[] = {
        [BOX_ESXI_FOUND] = {{"ESXi Found",
                             "The selected device has an installation of ESXi. Choose what to do with it.",
                             {"Upgrade", "Install"},
                             OK_OR_CANCEL,
                             ENTER_OR_ESC},
                            {DECIDE_UPGRADE, DECIDE_INSTALL}},
        [BOX_ESXI_ONLY] = {{"ESXi Found",
                            "The selected device has an installation of ESXi that cannot be upgraded.",
                            {"Install"},
                            OK_OR_CANCEL,
                            ENTER_OR_ESC},
                           {DECIDE_INSTALL}},
        [BOX_FORCE_MIGRATE] = {{"ESXi Found",
                                "The selected device has an installation of ESXi with parts that this one lacks (*).",
                                {"Force Migrate *", "Install"},
                                OK_OR_CANCEL,
                                ENTER_OR_ESC},
                               {DECIDE_MIGRATE, DECIDE_INSTALL}},
        [BOX_VMFS_FOUND] = {{"VMFS Found",
                             "The selected device has a VMFS datastore. Choose what to do with it.",
                             {"Install ESXi, preserve VMFS datastore", "Install ESXi, overwrite VMFS datastore"},
                             OK_OR_CANCEL,
                             ENTER_OR_ESC},
                            {DECIDE_KEEP_VMFS, DECIDE_INSTALL}},
        [BOX_ESXI_VMFS] = {{"ESXi and VMFS Found",
                            "The selected device has an installation of ESXi and a VMFS datastore. Choose what to do.",
                            {"Upgrade ESXi, preserve VMFS datastore", "Install ESXi, preserve VMFS datastore",
                             "Install ESXi, overwrite VMFS datastore"},
                            OK_OR_CANCEL,
                            ENTER_OR_ESC},
                           {DECIDE_UPGRADE, DECIDE_KEEP_VMFS, DECIDE_INSTALL}},
        [BOX_VMFS_LOST] = {{"VMFS Cannot Be Preserved",
                            "The datastore on the selected device will be lost.",
                            {0},
                            OK_OR_CANCEL,
                            ENTER_OR_ESC},
                           {DECIDE_INSTALL}},
        [BOX_OLD_ESX] = {{"ESX(i) Found",
                          "The selected device has an ESX(i) that is too old to be upgraded.",
                          {0},
                          "(Esc) Cancel  (Enter) Install",
                          ENTER_OR_ESC},
                         {DECIDE_INSTALL}},
        [BOX_VSAN] = {{"vSAN Claimed SSD",
                       "The selected device belongs to vSAN, whose data on it will be lost.",
                       {0},
                       "(Esc) Cancel  (Enter) Install",
                       ENTER_OR_ESC},
                      {DECIDE_INSTALL}},
        [BOX_CONFIRM] = {{"Confirm Disk Selection",
                          "The selected device has partitions, which will be lost.",
                          {0},
                          OK_OR_CANCEL,
                          ENTER_OR_ESC},
                         {DECIDE_INSTALL}},
        [BOX_SMALL] = {{"Disk Too Small",
                        "The selected device does not have the minimum space for ESXi.",
                        {0},
                        "(Enter) OK",
                        ENTER_OR_ESC},
                       {DECIDE_AGAIN}},
        [BOX_UNSCANNABLE] = {{"Unreadable Datastore",
                              "A VMFS volume on the selected device cannot be scanned.",
                              {0},
                              "(Enter) OK",
                              ENTER_OR_ESC},
                             {DECIDE_AGAIN}},
        [BOX_NO_DRIVERS] = {{"Missing Device Drivers",
                             "This ESXi has no driver for a device that the installed one uses.",
                             {0},
                             "(Enter) OK",
                             ENTER_OR_ESC},
                            {DECIDE_AGAIN}},
        [BOX_UNKNOWN] = {{"Rehearsed Surprise",
                          "A question that no guest profile knows. Shall it go on like this?",
                          {0},
                          "(Esc) Cancel  (Enter) Continue",
                          ENTER_OR_ESC},
                         {DECIDE_INSTALL}},
};

static enum decision ask(struct guest *guest, enum box box)
{
        size_t choice;
        struct key key = modal_show(guest, &disk_boxes[box].modal, &choice);
        return key.name == KEY_ENTER ? disk_boxes[box].decisions[choice] : DECIDE_AGAIN;
}

// The box that is due for what is really on DISK. False if nothing is.
static bool find_box(const struct disk *disk, const struct contents *contents, enum box *box)
{
        bool upgrades = deploy_can_upgrade(disk, contents);
        if (contents->has_esxi)
                *box = !upgrades ? BOX_ESXI_ONLY : contents->has_vmfs ? BOX_ESXI_VMFS : BOX_ESXI_FOUND;
        else if (contents->has_vmfs)
                *box = BOX_VMFS_FOUND;
        else if (contents->has_vsan)
                *box = BOX_VSAN;
        else
                *box = BOX_CONFIRM;
        return contents->is_occupied;
}

// Asks what the option `box` wants to be asked, until one of the answers is another disk; else what is on the disk.
static enum decision decide(const struct installer *installer)
{
        struct guest *guest = installer->guest;
        const struct contents *contents = installer_contents(installer, installer->target);
        enum decision decision = DECIDE_INSTALL;
        enum box box;
        bool forced = false;
        for (unsigned i = 0; i < sizeof disk_boxes / sizeof *disk_boxes && decision != DECIDE_AGAIN; i++) {
                if (!(guest->options.boxes & BOX_BIT(i)))
                        continue;
                decision = ask(guest, (enum box)i);
                forced = true;
        }
        if (!forced && find_box(installer->target, contents, &box))
                decision = ask(guest, box);
        bool loses_vmfs = decision == DECIDE_KEEP_VMFS && contents->has_vmfs &&
                          !deploy_can_keep_vmfs(installer->target, contents);
        return loses_vmfs ? ask(guest, BOX_VMFS_LOST) : decision;
}

// A forced box may ask about something that is not there.
static enum deploy_way way_of(const struct installer *installer, enum decision decision)
{
        const struct contents *contents = installer_contents(installer, installer->target);
        bool upgrades = decision == DECIDE_UPGRADE || decision == DECIDE_MIGRATE;
        if (upgrades && deploy_can_upgrade(installer->target, contents))
                return DEPLOY_UPGRADE;
        if (decision == DECIDE_KEEP_VMFS && deploy_can_keep_vmfs(installer->target, contents))
                return DEPLOY_KEEP_VMFS;
        return DEPLOY_NEW;
}

enum outcome installer_found(struct installer *installer)
{
        modal_busy(installer->guest, "Scanning...", "Gathering additional information from the selected device.",
                   EXAMINE_MS);
        enum decision decision = decide(installer);
        if (decision == DECIDE_AGAIN)
                return OUTCOME_AGAIN;
        installer->way = way_of(installer, decision);
        installer->migrates = decision == DECIDE_MIGRATE;
        installer->upgrades = decision == DECIDE_UPGRADE || decision == DECIDE_MIGRATE;
        return OUTCOME_NEXT;
}

static const struct modal other_boxes[BOX_COUNT] = {
        [BOX_NO_DISK] = {"No Eligible Disks Found",
                         "There is no disk that ESXi can be installed on.",
                         {0},
                         "(Enter) Reboot",
                         KEY_BIT(KEY_ENTER)},
        [BOX_NO_NETWORK] = {"No Network Adapters",
                            "No network adapters were detected.",
                            {0},
                            "(Enter) Reboot",
                            KEY_BIT(KEY_ENTER)},
        [BOX_GEOMETRY] = {"Disk Geometry Warning",
                          "The geometry in the disk's partition table is unusual.",
                          {0},
                          "(Esc) Cancel  (F11) Continue",
                          KEY_BIT(KEY_ESCAPE) | KEY_BIT(KEY_F11)},
        [BOX_ALERT] = {"Alert", "A rehearsed message that needs no decision.", {0}, "(Enter) Continue", ENTER_OR_ESC},
};

bool installer_show_box(struct guest *guest, enum box box)
{
        bool wanted = guest->options.boxes & BOX_BIT(box);
        if (wanted)
                modal_show(guest, &other_boxes[box], NULL);
        return wanted;
}
