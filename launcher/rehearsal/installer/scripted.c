// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/scripted.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/base/wrap.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/shutdown.h"

#define TEXT_SIZE  1024
#define WARNING_MS 30000
#define SLICE_MS   200

struct dialog scripted_open(struct guest *guest, size_t lines)
{
        dialog_clear(guest);
        return dialog_open_over(guest, "", lines + 2, SCRIPTED_COLUMNS, "");
}

static void show(struct guest *guest, const char *text)
{
        struct dialog dialog = scripted_open(guest, wrap_count(text, SCRIPTED_COLUMNS - 4));
        dialog_wrapped(guest, &dialog, 0, STYLE_BOX, "", text);
        dialog_show(guest);
}

void scripted_show(struct guest *guest, const char *format, ...)
{
        char text[TEXT_SIZE];
        va_list arguments;
        va_start(arguments, format);
        text_vformat(text, sizeof text, format, arguments);
        va_end(arguments);
        show(guest, text);
}

void scripted_warn(struct guest *guest, const char *text)
{
        uint64_t end = firmware_milliseconds() + WARNING_MS * guest->options.pace / 100;
        show(guest, text);
        while (firmware_milliseconds() < end)
                guest_key(guest, SLICE_MS);
}

void scripted_wait(struct guest *guest)
{
        console_drain(&guest->console);
        while (guest_key(guest, SLICE_MS).name != KEY_ENTER)
                ;
}

_Noreturn void scripted_fail(struct guest *guest, const char *format, ...)
{
        char text[TEXT_SIZE];
        va_list arguments;
        va_start(arguments, format);
        text_vformat(text, sizeof text, format, arguments);
        va_end(arguments);
        scripted_show(guest, "%s\n\nPress <enter> to reboot...", text);
        scripted_wait(guest);
        shutdown_run(guest, EFI_RESET_COLD);
}
