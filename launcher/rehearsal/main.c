// SPDX-License-Identifier: Apache-2.0
// The rehearsal guest stands in for VMware ESXi 8 on Arm. Loaded from a payload it is the installer, loaded from the
// disk it is the installed system. Firmware, NVRAM, disk and console are real; see docs/rehearsal-guest.md.
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/acpi.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/efi/volume.h"
#include "launcher/rehearsal/guest/guest.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/payload.h"
#include "launcher/rehearsal/installer/installer.h"
#include "launcher/rehearsal/system/system.h"

static void warn_option(void *context, const struct keyvalue *pair, const char *what)
{
        guest_log(context, "REHEARSE.CFG:%u: warning: %s: %.*s=%.*s (ignored)", pair->line, what, (int)pair->key.size,
                  pair->key.at, (int)pair->value.size, pair->value.at);
}

static void read_options(struct guest *guest, struct span text)
{
        options_read(&guest->options, text, warn_option, guest);
        guest->screen.draws_lines = guest->options.line_frames;
}

static void read_machine(struct guest *guest)
{
        struct madt madt;
        guest->has_gic_v3 = acpi_madt(&madt) && madt_has_gic_v3(&madt);
        guest->button = power_button_find();
}

_Noreturn static void run_installer(struct guest *guest, const struct payload *payload)
{
        struct span norts = keyvalue_find(payload->boot_cfg, "norts");
        guest->runtime_services_off = norts.size && !text_is_word(norts.at, norts.size, "0");
        read_options(guest, payload->options);
        if (guest->runtime_services_off)
                guest_log(guest, "norts=1: UEFI runtime services are off, so no boot entry can be written");
        installer_run(guest, payload);
}

_Noreturn static void run_system(struct guest *guest)
{
        struct span options;
        volume_read(guest->device, u"\\EFI\\VMware\\REHEARSE.CFG", &options);
        read_options(guest, options);
        system_run(guest);
}

efi_status efi_main(efi_handle image, struct efi_system_table *system);

efi_status efi_main(efi_handle image, struct efi_system_table *system)
{
        static struct guest guest;
        static struct payload payload;
        firmware_open(image, system);
        if (!guest_open(&guest)) {
                firmware_print("The rehearsal cannot continue: no serial port was found.");
                firmware_halt();
        }
        guest_log(&guest, "\r\n" GUEST_BANNER);
        guest.device = firmware_loaded_image()->device;
        if (!guest.device)
                guest_stop(&guest, "the program was not loaded from a volume");
        read_machine(&guest);
        if (payload_read(guest.device, &payload))
                run_installer(&guest, &payload);
        run_system(&guest);
}
