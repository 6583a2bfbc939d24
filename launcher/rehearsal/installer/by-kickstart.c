// SPDX-License-Identifier: Apache-2.0
// docs/rehearsal-guest.md describes which disk is chosen.
#include "launcher/rehearsal/installer/by-kickstart.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/efi/volume.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/shutdown.h"
#include "launcher/rehearsal/guest/trouble.h"
#include "launcher/rehearsal/installer/kickstart.h"
#include "launcher/rehearsal/installer/scripted.h"

#define REBOOT_MS 300 // how long the last screen stays if it needs no key
#define PARSING   "An error has occurred while parsing the installation script\n\n"

// The path of the file as ESXi would print it.
#define VOLUME "/vmfs/volumes/mpx.vmhba32:C0:T0:L0"

#define WARNINGS_SIZE 800

struct reading {
        struct guest *guest;
        struct span path;
        char warnings[WARNINGS_SIZE]; // one below the other, as far as they fit
        size_t used;
};

static void take_note(void *context, unsigned line, const char *what, struct span word)
{
        struct reading *reading = context;
        if (!word.size) {
                guest_log(reading->guest, "Kickstart: line %u: %s", line, what);
                return;
        }
        reading->used += text_format(reading->warnings + reading->used, sizeof reading->warnings - reading->used,
                                     "\nwarning:" VOLUME "%.*s:line %u: %s \"%.*s\"", (int)reading->path.size,
                                     reading->path.at, line, what, (int)word.size, word.at);
}

// ESXi's default order.
static const struct span usual_order = {.at = "local,remote,usb", .size = 16};

static bool contains(const char *text, struct span word)
{
        for (size_t length = text_length(text); length >= word.size; length--, text++) {
                size_t same = 0;
                while (same < word.size && text_lower(text[same]) == text_lower(word.at[same]))
                        same++;
                if (same == word.size)
                        return true;
        }
        return false;
}

// Whether DISK matches an item of --firstdisk: a kind of disk, or a part of its name.
static bool is_meant(const struct disk *disk, struct span item)
{
        if (text_is_word(item.at, item.size, "local"))
                return !disk->is_usb;
        if (text_is_word(item.at, item.size, "usb"))
                return disk->is_usb;
        return !text_is_word(item.at, item.size, "remote") && contains(disk->name, item);
}

static const struct disk *find_first(const struct disks *disks, struct span list)
{
        struct span item;
        while (kickstart_next_item(&list, &item))
                for (size_t i = 0; i < disks->count; i++)
                        if (is_meant(&disks->list[i], item) && !installer_refusal(&disks->list[i]))
                                return &disks->list[i];
        return NULL;
}

static const struct disk *find_named(const struct disks *disks, struct span name)
{
        for (size_t i = 0; i < disks->count; i++)
                if (text_is_word(name.at, name.size, disks->list[i].name))
                        return &disks->list[i];
        return NULL;
}

static struct span span_of(const char *text)
{
        return (struct span){.at = text, .size = text_length(text)};
}

static const struct disk *choose_disk(struct guest *guest, const struct disks *disks, const struct kickstart *kickstart)
{
        struct span text = span_of(kickstart->disk_text);
        if (kickstart->disk == KICKSTART_FIRST_DISK) {
                const struct disk *first = find_first(disks, text.size ? text : usual_order);
                if (!first)
                        scripted_fail(guest, "exceptional circumstance: install --firstdisk: no disk is suitable");
                return first;
        }
        const struct disk *named = find_named(disks, text);
        if (!named)
                scripted_fail(guest, PARSING "install --disk=%s: disk not found", kickstart->disk_text);
        const struct refusal *refusal = installer_refusal(named);
        if (refusal)
                scripted_fail(guest, PARSING "install --disk=%s: %s", kickstart->disk_text, refusal->text);
        return named;
}

static void read_file(struct guest *guest, struct span path, struct kickstart *kickstart)
{
        static struct reading reading;
        struct span text;
        struct kickstart_error error;
        reading = (struct reading){.guest = guest, .path = path};
        guest_log(guest, "Kickstart: usb:%.*s", (int)path.size, path.at);
        if (!volume_read_named(guest->device, path.at, path.size, &text))
                scripted_fail(guest, PARSING "cannot open file " VOLUME "%.*s", (int)path.size, path.at);
        if (!kickstart_parse(text, kickstart, &error, take_note, &reading)) {
                kickstart_wipe(kickstart);
                const char *quote = error.word[0] ? "\"" : "";
                scripted_fail(guest, PARSING "error:" VOLUME "%.*s:line %u: %s %s%s%s", (int)path.size, path.at,
                              error.line, error.what, quote, error.word, quote);
        }
        if (reading.used)
                scripted_warn(guest, reading.warnings + 1);
}

static void finish(struct installer *installer, bool reboots)
{
        scripted_show(installer->guest, "ESXi 8.0.3 has been installed successfully.\n\nBoot entry: %s\n\n%s",
                      installer->entry, reboots ? "Rebooting..." : "Press <enter> to reboot...");
        if (reboots)
                guest_pause(installer->guest, REBOOT_MS);
        else
                scripted_wait(installer->guest);
}

_Noreturn void installer_kickstart(struct installer *installer, struct span path)
{
        static struct kickstart kickstart;
        struct guest *guest = installer->guest;
        installer->is_scripted = true;
        screen_clear(&guest->screen);
        read_file(guest, path, &kickstart);
        kickstart_wipe(&kickstart); // the password is not needed
        installer->target = choose_disk(guest, &installer->disks, &kickstart);
        guest_reach(guest, STEP_PROGRESS);
        installer_progress(installer);
        guest_reach(guest, STEP_COMPLETE);
        finish(installer, kickstart.reboots);
        shutdown_run(guest, EFI_RESET_COLD);
}
