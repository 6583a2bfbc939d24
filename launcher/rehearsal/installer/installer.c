// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/installer.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/disk/examine.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/loader.h"
#include "launcher/rehearsal/guest/shutdown.h"
#include "launcher/rehearsal/guest/trouble.h"
#include "launcher/rehearsal/installer/by-kickstart.h"
#include "launcher/rehearsal/installer/complete.h"
#include "launcher/rehearsal/installer/kickstart.h"
#include "launcher/rehearsal/installer/screens.h"
#include "launcher/rehearsal/installer/scripted.h"

#define SEARCH_MS 100 // "Scanning for available devices..."
#define SCAN_MS   300 // "Scanning system...": takes ESXi seconds, and keys are lost meanwhile

static enum outcome outcome_of(struct key key)
{
        return key.name == KEY_F9 ? OUTCOME_BACK : OUTCOME_NEXT;
}

static enum outcome welcome(struct installer *installer)
{
        dialog_page(installer->guest, "Welcome to the ESXi 8.0.3 Installation (rehearsal)",
                    DIALOG_LINES("This rehearsal asks what the installer of ESXi 8 asks, in the same",
                                 "order and with the same keys. Then it installs a stand-in that",
                                 "boots like ESXi and does nothing else."),
                    "(Enter) Continue", KEY_BIT(KEY_ENTER));
        return OUTCOME_NEXT;
}

static enum outcome eula(struct installer *installer)
{
        struct key key = dialog_page(installer->guest, "End User License Agreement (EULA)",
                                     DIALOG_LINES("VMware's licence agreement would be here.",
                                                  "This program is not VMware software and has none to show.", "",
                                                  "It is free software under the Apache License 2.0."),
                                     "(F9) Back    (F11) Accept and Continue", KEY_BIT(KEY_F11) | KEY_BIT(KEY_F9));
        if (key.name == KEY_F11)
                dialog_busy(installer->guest, "Scanning for available devices...", SEARCH_MS);
        return outcome_of(key);
}

static enum outcome usb(struct installer *installer)
{
        return outcome_of(dialog_page(installer->guest, "USB/SD-Card device Configuration",
                                      DIALOG_LINES("The system will be installed on a USB/SD device.",
                                                   "Such devices wear out; OSData goes to the disk chosen before."),
                                      "(F9) Back    (Enter) Continue", KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_F9)));
}

// An upgrade asks nothing but to be confirmed.
static bool installs(const struct installer *installer)
{
        return !installer->upgrades;
}

static bool usb_applies(const struct installer *installer)
{
        return installs(installer) && installer->target->is_usb && !installer->guest->options.no_usb_screen;
}

static enum outcome password(struct installer *installer)
{
        enum outcome outcome = installer_password(installer);
        if (outcome == OUTCOME_NEXT)
                dialog_busy(installer->guest, "Scanning system...", SCAN_MS);
        return outcome;
}

// A finding of the scan after which the installer gives up.
static enum outcome errors(struct installer *installer)
{
        dialog_page(installer->guest, "Error(s)/Warning(s) Found During System Scan",
                    DIALOG_LINES("The system scan found the following error(s):", "",
                                 "REHEARSED ERROR: the option box=errors"),
                    "(F9) Back    (F11) Reboot", KEY_BIT(KEY_F11));
        return OUTCOME_REBOOT;
}

static enum outcome warnings(struct installer *installer)
{
        if (installer->guest->options.boxes & BOX_BIT(BOX_ERRORS))
                return errors(installer);
        return outcome_of(dialog_page(installer->guest, "Error(s)/Warning(s) Found During System Scan",
                                      DIALOG_LINES("The system scan found the following warning(s):", "",
                                                   "HARDWARE_VIRTUALIZATION WARNING: the CPU does not offer hardware",
                                                   "virtualization, or it is switched off."),
                                      "(F9) Back    (Enter) Continue", KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_F9)));
}

static bool warnings_apply(const struct installer *installer)
{
        const struct options *options = &installer->guest->options;
        return installs(installer) && (!options->no_warnings || options->boxes & BOX_BIT(BOX_ERRORS));
}

static void format_target(const struct installer *installer, char target[DIALOG_TEXT + 1])
{
        char capacity[20];
        text_format_capacity(capacity, sizeof capacity, disk_bytes(installer->target));
        text_format(target, DIALOG_TEXT + 1, "  %s, %s", installer->target->name, capacity);
}

static enum outcome confirm(struct installer *installer)
{
        char target[DIALOG_TEXT + 1];
        format_target(installer, target);
        struct key key = dialog_page(installer->guest, "Confirm Install",
                                     DIALOG_LINES("The installer is set to install ESXi 8.0.3 (rehearsal) on:", target,
                                                  "", "Warning: this disk will be repartitioned."),
                                     "(F9) Back    (F11) Install", KEY_BIT(KEY_F11) | KEY_BIT(KEY_F9));
        if (key.name == KEY_F11)
                installer_show_box(installer->guest, BOX_GEOMETRY);
        return outcome_of(key);
}

static bool upgrade_applies(const struct installer *installer)
{
        return installer->upgrades;
}

static enum outcome confirm_upgrade(struct installer *installer)
{
        char target[DIALOG_TEXT + 1];
        bool migrates = installer->migrates;
        format_target(installer, target);
        return outcome_of(dialog_page(
                installer->guest, migrates ? "Confirm Force Migrate" : "Confirm Upgrade",
                DIALOG_LINES("The installer is set to upgrade this disk to ESXi 8.0.3 (rehearsal):", target),
                migrates ? "(F9) Back    (F11) Migrate" : "(F9) Back    (F11) Upgrade",
                KEY_BIT(KEY_F11) | KEY_BIT(KEY_F9)));
}

// The screens in ESXi's order. One that does not apply is skipped, forwards and backwards.
static const struct screen_step {
        enum step step;
        enum outcome (*show)(struct installer *installer);
        bool (*applies)(const struct installer *installer);
} sequence[] = {
        {STEP_WELCOME, welcome, NULL},
        {STEP_EULA, eula, NULL},
        {STEP_DISK, installer_disk, NULL},
        {STEP_OSDATA, installer_osdata, installs},
        {STEP_USB, usb, usb_applies},
        {STEP_KEYBOARD, installer_keyboard, installs},
        {STEP_PASSWORD, password, installs},
        {STEP_WARNINGS, warnings, warnings_apply},
        {STEP_CONFIRM, confirm, installs},
        {STEP_CONFIRM, confirm_upgrade, upgrade_applies},
        {STEP_PROGRESS, installer_progress, NULL},
        {STEP_COMPLETE, installer_complete, NULL},
};

#define STEPS (sizeof sequence / sizeof *sequence)

static bool applies(const struct installer *installer, size_t at)
{
        return !sequence[at].applies || sequence[at].applies(installer);
}

// Never called for the first screen, which always applies and has no Back.
static size_t step_before(const struct installer *installer, size_t at)
{
        do
                at--;
        while (!applies(installer, at));
        return at;
}

static size_t step_after(const struct installer *installer, size_t at)
{
        do
                at++;
        while (at < STEPS && !applies(installer, at));
        return at;
}

static void run_sequence(struct installer *installer)
{
        for (size_t at = 0; at < STEPS;) {
                guest_reach(installer->guest, sequence[at].step);
                enum outcome outcome = sequence[at].show(installer);
                if (outcome == OUTCOME_NEXT)
                        at = step_after(installer, at);
                else if (outcome == OUTCOME_BACK)
                        at = step_before(installer, at);
                else if (outcome == OUTCOME_REBOOT)
                        return;
        }
}

static void find_disks(struct installer *installer)
{
        disks_find(&installer->disks, installer->guest->device);
        if (!installer->disks.count)
                guest_stop(installer->guest, "no disk was found");
        for (size_t i = 0; i < installer->disks.count; i++)
                disk_examine(&installer->disks.list[i], &installer->contents[i]);
}

_Noreturn void installer_run(struct guest *guest, const struct payload *payload)
{
        static struct installer installer;
        installer = (struct installer){.guest = guest, .payload = payload, .selected_keyboard = SIZE_MAX};
        if (!payload->loader.size)
                guest_stop(guest, "the payload has no EFI/BOOT/BOOTAA64.EFI to install");
        payload_show_loading(guest, payload);
        loader_finish(guest, guest->options.installer_loader);
        firmware_connect_all();
        find_disks(&installer);

        screen_clear(&guest->screen);
        struct span kernelopt = keyvalue_find(payload->boot_cfg, "kernelopt");
        struct span kickstart;
        enum kickstart_place place = kickstart_locate(kernelopt, &kickstart);
        if (place == KICKSTART_REFUSED)
                scripted_fail(guest,
                              "An error has occurred while parsing the installation script\n\ncannot open file %.*s: "
                              "the rehearsal reads a kickstart file from usb:/NAME alone",
                              (int)kickstart.size, kickstart.at);
        if (place == KICKSTART_USB)
                installer_kickstart(&installer, kickstart);

        if (!installer_show_box(guest, BOX_NO_NETWORK))
                run_sequence(&installer);
        shutdown_run(guest, EFI_RESET_COLD);
}
