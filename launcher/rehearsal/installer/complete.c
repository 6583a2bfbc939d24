// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/complete.h"

#include "launcher/rehearsal/base/text.h"

#define REBOOT_MS 300 // how long the last screen stays if it needs no key

static void format_entry(const struct installer *installer, char entry[DIALOG_TEXT + 1])
{
        text_format(entry, DIALOG_TEXT + 1, "Boot entry: %s", installer->entry);
}

enum outcome installer_complete(struct installer *installer)
{
        char entry[DIALOG_TEXT + 1];
        format_entry(installer, entry);
        dialog_page(installer->guest, "Installation Complete",
                    DIALOG_LINES("ESXi 8.0.3 (rehearsal) has been installed.", entry, "",
                                 "Remove the installation medium before rebooting."),
                    "(Enter) Reboot", KEY_BIT(KEY_ENTER));
        return OUTCOME_NEXT;
}

void installer_complete_alone(struct installer *installer)
{
        char entry[DIALOG_TEXT + 1];
        format_entry(installer, entry);
        struct dialog dialog = dialog_open(installer->guest, "Installation Complete", 3, "");
        dialog_text(installer->guest, &dialog, 0, STYLE_BOX, "ESXi 8.0.3 (rehearsal) has been installed.");
        dialog_text(installer->guest, &dialog, 1, STYLE_BOX, entry);
        dialog_text(installer->guest, &dialog, 2, STYLE_BOX, "Rebooting, as the kickstart file requests.");
        dialog_show(installer->guest);
        guest_pause(installer->guest, REBOOT_MS);
}
