// SPDX-License-Identifier: Apache-2.0
// docs/rehearsal-guest.md describes which disk is chosen.
#include "launcher/rehearsal/installer/by-kickstart.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/efi/volume.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/shutdown.h"
#include "launcher/rehearsal/guest/trouble.h"
#include "launcher/rehearsal/installer/complete.h"
#include "launcher/rehearsal/installer/kickstart.h"

static void print_note(void *context, unsigned line, const char *what)
{
        guest_log(context, "Kickstart: line %u: %s", line, what);
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
                        guest_stop(guest, "Kickstart error: install --firstdisk: no disk is suitable");
                return first;
        }
        const struct disk *named = find_named(disks, text);
        if (!named)
                guest_stop(guest, "Kickstart error: install --disk=%s: disk not found", kickstart->disk_text);
        const struct refusal *refusal = installer_refusal(named);
        if (refusal)
                guest_stop(guest, "Kickstart error: install --disk=%s: %s", kickstart->disk_text, refusal->text);
        return named;
}

static void read_file(struct guest *guest, struct span path, struct kickstart *kickstart)
{
        struct span text;
        struct kickstart_error error;
        guest_log(guest, "Kickstart: usb:%.*s", (int)path.size, path.at);
        if (!volume_read_named(guest->device, path.at, path.size, &text))
                guest_stop(guest, "Kickstart error: usb:%.*s: file not found on the payload", (int)path.size, path.at);
        if (kickstart_parse(text, kickstart, &error, print_note, guest))
                return;
        kickstart_wipe(kickstart);
        if (error.word[0])
                guest_stop(guest, "Kickstart error: line %u: %s \"%s\"", error.line, error.what, error.word);
        guest_stop(guest, "Kickstart error: line %u: %s", error.line, error.what);
}

static void reach_end(struct installer *installer, bool reboots)
{
        if (reboots)
                installer_complete_alone(installer);
        else
                installer_complete(installer);
}

_Noreturn void installer_kickstart(struct installer *installer, struct span path)
{
        static struct kickstart kickstart;
        struct guest *guest = installer->guest;
        read_file(guest, path, &kickstart);
        kickstart_wipe(&kickstart); // the password is not needed
        installer->target = choose_disk(guest, &installer->disks, &kickstart);
        guest_log(guest, "Kickstart: installing on %s", installer->target->name);

        screen_clear(&guest->screen);
        guest_reach(guest, STEP_PROGRESS);
        installer_progress(installer);
        guest_reach(guest, STEP_COMPLETE);
        reach_end(installer, kickstart.reboots);
        shutdown_run(guest, EFI_RESET_COLD);
}
