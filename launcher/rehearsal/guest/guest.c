// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/guest.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"

#define LINE_SIZE 512

static void write_bytes(void *context, const char *bytes, size_t size)
{
        struct guest *guest = context;
        console_write(&guest->console, bytes, size);
}

static void pause_after_row(void *context)
{
        const struct guest *guest = context;
        firmware_sleep(guest->options.slow_draw);
}

bool guest_open(struct guest *guest)
{
        guest->options = options_defaults();
        if (!console_open(&guest->console))
                return false;
        screen_open(&guest->screen,
                    (struct screen_sink){.context = guest, .write = write_bytes, .row_drawn = pause_after_row});
        return true;
}

void guest_pause(const struct guest *guest, uint64_t milliseconds)
{
        firmware_sleep(milliseconds * guest->options.pace / 100);
}

void guest_log_arguments(struct guest *guest, const char *format, va_list arguments)
{
        char line[LINE_SIZE];
        size_t length = text_vformat(line, sizeof line, format, arguments);
        console_write(&guest->console, line, length);
        console_write(&guest->console, "\r\n", 2);
}

void guest_log(struct guest *guest, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        guest_log_arguments(guest, format, arguments);
        va_end(arguments);
}
