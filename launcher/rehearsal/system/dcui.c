// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/system/dcui.h"

#include "launcher/rehearsal/efi/volume.h"
#include "launcher/rehearsal/guest/modal.h"
#include "launcher/rehearsal/system/login.h"
#include "launcher/rehearsal/system/menu.h"
#include "launcher/rehearsal/system/services.h"

#define STATE_FILE u"\\EFI\\VMware\\SERVICES.CFG"
#define SWITCH_MS  300 // until a service has started or stopped
#define NOT_HERE   "Not in the rehearsal."

static struct services load(const struct guest *guest)
{
        struct span text;
        volume_read(guest->device, STATE_FILE, &text);
        return services_read(text);
}

static void beep(struct guest *guest)
{
        console_write(&guest->console, "\a", 1);
}

static void switch_service(struct guest *guest, struct services *services, enum service service)
{
        char text[SERVICES_TEXT_SIZE];
        bool *is_enabled = &services->is_enabled[service];
        modal_busy(guest, "Please wait", *is_enabled ? "Stopping the service..." : "Starting the service...",
                   SWITCH_MS);
        *is_enabled = !*is_enabled;
        size_t size = services_write(services, text);
        if (!volume_write(guest->device, STATE_FILE, (struct span){.at = text, .size = size}))
                beep(guest);
}

// The labels of the two services; the others do not change.
static char actions[SERVICES][SERVICE_LABEL_SIZE], statuses[SERVICES][SERVICE_LABEL_SIZE];

static const struct menu_entry troubleshooting_entries[] = {
        [SERVICE_SHELL] = {actions[SERVICE_SHELL], "ESXi Shell", statuses[SERVICE_SHELL]},
        [SERVICE_SSH] = {actions[SERVICE_SSH], "SSH Support", statuses[SERVICE_SSH]},
        {"Modify ESXi Shell and SSH timeouts", "Timeouts", NOT_HERE},
        {"Modify DCUI idle timeout", "DCUI idle timeout", NOT_HERE},
        {"Restart Management Agents", "Management Agents", NOT_HERE},
};

static const struct menu troubleshooting = {"Troubleshooting Mode Options", troubleshooting_entries,
                                            sizeof troubleshooting_entries / sizeof *troubleshooting_entries,
                                            "<Up/Down> Select        <Enter> Change        <Esc> Exit"};

static void troubleshoot(struct guest *guest)
{
        struct services services = load(guest);
        size_t selected = 0;
        for (;;) {
                for (unsigned i = 0; i < SERVICES; i++) {
                        service_action(&services, (enum service)i, actions[i]);
                        service_status(&services, (enum service)i, statuses[i]);
                }
                if (!menu_choose(guest, &troubleshooting, &selected))
                        return;
                if (selected < SERVICES)
                        switch_service(guest, &services, (enum service)selected);
                else
                        beep(guest);
        }
}

#define TROUBLESHOOTING 6 // the place in the menu

static const struct menu_entry customization_entries[] = {
        {"Configure Password", "Configure Password", NOT_HERE},
        {"Configure Lockdown Mode", "Configure Lockdown Mode", NOT_HERE},
        {"Configure Management Network", "Configure Management Network", NOT_HERE},
        {"Restart Management Network", "Restart Management Network", NOT_HERE},
        {"Test Management Network", "Test Management Network", NOT_HERE},
        {"Network Restore Options", "Network Restore Options", NOT_HERE},
        [TROUBLESHOOTING] = {"Troubleshooting Options", "Troubleshooting Options",
                             "<Enter> shows the options: the ESXi Shell, SSH, time-outs, agents."},
        {"View System Logs", "View System Logs", NOT_HERE},
        {"View Support Information", "View Support Information", NOT_HERE},
        {"Reset System Configuration", "Reset System Configuration", NOT_HERE},
};

static const struct menu customization = {"System Customization", customization_entries,
                                          sizeof customization_entries / sizeof *customization_entries,
                                          "<Up/Down> Select        <Enter> Change        <Esc> Log Out"};

void dcui_customize(struct guest *guest)
{
        size_t selected = 0;
        if (!login(guest))
                return;
        while (menu_choose(guest, &customization, &selected)) {
                if (selected == TROUBLESHOOTING)
                        troubleshoot(guest);
                else
                        beep(guest);
        }
}
