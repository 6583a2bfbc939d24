// SPDX-License-Identifier: Apache-2.0
// The progress screen: writes the disk and the boot entry, and shows the progress.
#include "launcher/rehearsal/installer/screens.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/boot-entry.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/shutdown.h"
#include "launcher/rehearsal/guest/trouble.h"
#include "launcher/rehearsal/installer/scripted.h"

#define PERCENT_SIZE  6 // columns beside the bar
#define BAR_LINE      2
#define PERCENT_STEP  2
#define PERCENT_PAUSE 10 // milliseconds
#define HALFWAY       50 // percent

struct progress {
        struct guest *guest;
        struct dialog dialog;
        unsigned percent;
        bool is_scripted;
};

static void draw(struct progress *progress)
{
        char percent[8];
        text_format(percent, sizeof percent, "%3u%%", progress->percent);
        size_t columns = dialog_columns(&progress->dialog) - PERCENT_SIZE;
        dialog_bar(progress->guest, &progress->dialog, BAR_LINE, columns, progress->percent);
        dialog_part(progress->guest, &progress->dialog, BAR_LINE, columns + 2, STYLE_BOX, percent);
        dialog_show(progress->guest);
}

static void show_stage(struct progress *progress, const char *label)
{
        dialog_text(progress->guest, &progress->dialog, 0, STYLE_BOX, label);
        draw(progress);
}

static void pass_halfway(struct progress *progress)
{
        struct guest *guest = progress->guest;
        guest_reach(guest, STEP_HALFWAY);
        installer_show_box(guest, BOX_ALERT);
        if (!(guest->options.boxes & BOX_BIT(BOX_FAILED)))
                return;
        dialog_page(guest, "Operation failed",
                    DIALOG_LINES("This program has encountered an error:", "rehearsed, by the option box=failed"),
                    "(Enter) Reboot", KEY_BIT(KEY_ENTER));
        shutdown_run(guest, EFI_RESET_COLD);
}

static void advance_to(struct progress *progress, unsigned percent)
{
        struct guest *guest = progress->guest;
        while (progress->percent < percent) {
                unsigned step = percent - progress->percent < PERCENT_STEP ? 1 : PERCENT_STEP;
                if (progress->percent < HALFWAY && progress->percent + step >= HALFWAY)
                        pass_halfway(progress);
                progress->percent += step;
                draw(progress);
                guest_pause(guest, PERCENT_PAUSE);
        }
}

static void run_stage(struct progress *progress, struct deployment *deployment, const struct deploy_stage *stage)
{
        if (deployment->way == DEPLOY_UPGRADE && !stage->upgrades)
                return;
        show_stage(progress, stage->label);
        if (stage->run(deployment))
                return advance_to(progress, stage->percent);
        if (progress->is_scripted)
                scripted_fail(progress->guest, "The system was not installed correctly.\n\n%s: %s, at block %llu",
                              stage->label, deployment->failed, (unsigned long long)deployment->failed_lba);
        guest_stop(progress->guest, "%s: %s on %s, at block %llu", stage->label, deployment->failed,
                   deployment->target->name, (unsigned long long)deployment->failed_lba);
}

// Why no boot entry is written; NULL if one is.
static const char *no_entry_reason(const struct guest *guest)
{
        if (guest->runtime_services_off)
                return "none: norts=1 turned runtime services off";
        return guest->options.lose_entry ? "none: the option lose-entry=1" : NULL;
}

static void write_entry(struct installer *installer, const struct deployment *deployment)
{
        const char *reason = no_entry_reason(installer->guest);
        struct load_option option = deploy_load_option(deployment);
        uint16_t number;
        if (reason)
                text_format(installer->entry, sizeof installer->entry, "%s", reason);
        else if (boot_entry_replace(&option, &number))
                text_format(installer->entry, sizeof installer->entry, "Boot%04X \"%s\", first in BootOrder", number,
                            option.description);
        else
                text_format(installer->entry, sizeof installer->entry, "none: the firmware refused it");
}

static struct dialog open_dialog(const struct installer *installer)
{
        if (installer->is_scripted)
                return scripted_open(installer->guest, BAR_LINE + 1);
        return dialog_open(installer->guest,
                           installer->upgrades ? "Upgrading to ESXi 8.0.3 (rehearsal)"
                                               : "Installing ESXi 8.0.3 (rehearsal)",
                           BAR_LINE + 1, "");
}

enum outcome installer_progress(struct installer *installer)
{
        struct deployment deployment;
        struct progress progress = {.guest = installer->guest, .is_scripted = installer->is_scripted};
        if (!deploy_plan(&deployment, installer->target, installer_contents(installer, installer->target),
                         installer->way, installer->payload))
                guest_stop(installer->guest, "%s is too small for the system", installer->target->name);

        progress.dialog = open_dialog(installer);
        for (size_t i = 0; i < DEPLOY_STAGES; i++)
                run_stage(&progress, &deployment, &deploy_stages[i]);
        show_stage(&progress, "Writing the boot entry");
        write_entry(installer, &deployment);
        advance_to(&progress, 100);
        return OUTCOME_NEXT;
}
