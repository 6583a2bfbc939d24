// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/input.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/shutdown.h"

#define SLICE_MS 100 // between two checks of the power button, and between two changes of the option clock

static void serve_power_button(struct guest *guest)
{
        if (power_button_pressed(&guest->button) && !guest->options.ignore_power_button)
                shutdown_run(guest, EFI_RESET_SHUTDOWN);
}

static void draw_clock(struct guest *guest)
{
        char text[24];
        uint64_t tenths = firmware_milliseconds() / 100;
        text_format(text, sizeof text, "%8llu.%llu s", (unsigned long long)(tenths / 10),
                    (unsigned long long)(tenths % 10));
        screen_text(&guest->screen, SCREEN_ROWS - 1, SCREEN_COLUMNS - 16, STYLE_BANNER, text);
        screen_flush(&guest->screen);
}

static bool swallow(struct guest *guest)
{
        if (!guest->keys_to_swallow)
                return false;
        guest->keys_to_swallow--;
        return true;
}

struct key guest_key(struct guest *guest, uint64_t milliseconds)
{
        uint64_t began = firmware_milliseconds();
        for (;;) {
                serve_power_button(guest);
                if (guest->options.clock)
                        draw_clock(guest);
                struct key key = console_key(&guest->console, SLICE_MS);
                if (key.name != KEY_NONE && !swallow(guest))
                        return key;
                if (firmware_milliseconds() - began >= milliseconds)
                        return (struct key){.name = KEY_NONE};
        }
}

_Noreturn void guest_idle(struct guest *guest)
{
        for (;;) {
                serve_power_button(guest);
                firmware_sleep(SLICE_MS);
        }
}

_Noreturn void guest_stop(struct guest *guest, const char *format, ...)
{
        va_list arguments;
        screen_close(&guest->screen);
        guest_log(guest, GUEST_BANNER);
        guest_log(guest, "The rehearsal cannot continue:");
        va_start(arguments, format);
        guest_log_arguments(guest, format, arguments);
        va_end(arguments);
        guest_idle(guest);
}
