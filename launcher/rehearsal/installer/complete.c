// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/complete.h"

#include "launcher/rehearsal/base/text.h"

enum outcome installer_complete(struct installer *installer)
{
        char entry[DIALOG_TEXT + 1];
        text_format(entry, sizeof entry, "Boot entry: %s", installer->entry);
        dialog_page(installer->guest, "Installation Complete",
                    DIALOG_LINES("ESXi 8.0.3 (rehearsal) has been installed.", entry, "",
                                 "Remove the installation medium before rebooting."),
                    "(Enter) Reboot", KEY_BIT(KEY_ENTER));
        return OUTCOME_NEXT;
}
