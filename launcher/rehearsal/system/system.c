// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/system/system.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/disk/examine.h"
#include "launcher/rehearsal/efi/boot-entry.h"
#include "launcher/rehearsal/efi/device-path.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/efi/volume.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/loader.h"
#include "launcher/rehearsal/guest/trouble.h"
#include "launcher/rehearsal/system/console.h"

#define DCUI_PAUSE_MS 100

static void find_origin(const struct guest *guest, struct origin *origin)
{
        uint16_t number;
        if (boot_entry_current(&number))
                text_format(origin->entry, sizeof origin->entry, "Boot%04X", number);
        else
                text_format(origin->entry, sizeof origin->entry, "(no BootCurrent)");
        device_path_format(origin->device, sizeof origin->device, device_path_of(guest->device));
        device_path_format(origin->file, sizeof origin->file, firmware_loaded_image()->file_path);
}

// Lines that the boot prints, each with the pause after it.
struct boot_line {
        uint64_t milliseconds;
        const char *line;
};

static const struct boot_line loader_lines[] = {
        {30, "Loading /boot.cfg"},    {30, "Loading /b.b00"}, {30, "Loading /jumpstrt.gz"},
        {30, "Loading /useropts.gz"}, {30, "Loading /s.v00"},
};

static const struct boot_line kernel_lines[] = {
        {80, "VMware ESXi 8.0.3 [Releasebuild-0 rehearsal]: " GUEST_BANNER},
        {100, "Starting VMKernel initialization"},
        {50, "Initializing memory (rehearsal)"},
        {50, "Initializing interrupts (rehearsal)"},
        {50, "Initializing storage stack (rehearsal)"},
        {50, "Boot complete (1/2)"},
        {50, "Mounting boot banks (rehearsal)"},
        {50, "Boot complete (2/2)"},
};

static void print_lines(struct guest *guest, const struct boot_line *lines, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                guest_log(guest, "%s", lines[i].line);
                guest_pause(guest, lines[i].milliseconds);
        }
}

// Looks for a boot bank on the disk that the loader comes from, by the marker in its second sector.
static void find_bank(struct guest *guest)
{
        static struct disks disks;
        static struct contents contents;
        char uuid[GUID_TEXT_SIZE];
        disks_find(&disks, guest->device);
        const struct disk *disk = disks_boot_medium(&disks);
        if (disk)
                disk_examine(disk, &contents);
        if (!contents.has_esxi)
                loader_finish(guest, LOADER_NO_HYPERVISOR);
        guid_format(uuid, &contents.bank);
        guest_log(guest, "bootUUID=%s", uuid);
}

static void boot(struct guest *guest, const struct origin *origin)
{
        struct span installed;
        guest_reach(guest, STEP_BOOT);
        guest_log(guest, "Started as %s from %s%s%s", origin->entry, origin->device, origin->file[0] == '\\' ? "/" : "",
                  origin->file);
        if (volume_read(guest->device, u"\\EFI\\VMware\\ORIGIN.TXT", &installed))
                guest_log(guest, "Installation: %.*s", (int)installed.size, installed.at);
        find_bank(guest);
        print_lines(guest, loader_lines, sizeof loader_lines / sizeof *loader_lines);
        loader_finish(guest, guest->options.loader);
        print_lines(guest, kernel_lines, sizeof kernel_lines / sizeof *kernel_lines);
}

_Noreturn void system_run(struct guest *guest)
{
        static struct origin origin;
        find_origin(guest, &origin);
        boot(guest, &origin);
        if (guest->options.no_dcui)
                guest_idle(guest);
        guest_reach(guest, STEP_DCUI);
        guest_log(guest, "Starting service DCUI");
        guest_pause(guest, DCUI_PAUSE_MS);
        console_run(guest, &origin);
}
