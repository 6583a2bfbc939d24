// SPDX-License-Identifier: Apache-2.0
#include "guest.h"

#include "firmware.h"
#include "garbage.h"
#include "panic.h"
#include "shutdown.h"
#include "text.h"

#define LINE_SIZE  512
#define FLOOD_SIZE 8192 // bytes that are written at once
#define SLICE_MS   100  // between two looks at the power button, and between two changes of the option clock

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

static void log_arguments(struct guest *guest, const char *format, va_list arguments)
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
        log_arguments(guest, format, arguments);
        va_end(arguments);
}

// Lines of log, as fast as the console takes them.
static void flood(struct guest *guest)
{
        static char block[FLOOD_SIZE];
        uint64_t left = guest->options.flood;
        for (unsigned number = 0; left;) {
                size_t used = 0;
                while (used < left && sizeof block - used > LINE_SIZE)
                        used += text_format(
                                block + used, sizeof block - used,
                                "rehearsal flood %08u: a line of log that nobody asked for, one of many\r\n", number++);
                used = used < left ? used : left;
                console_write(&guest->console, block, used);
                left -= used;
        }
}

static void print_garbage(struct guest *guest)
{
        char piece[GARBAGE_PIECE_MAX];
        uint64_t left = guest->options.garbage;
        for (unsigned number = 0; left; number++) {
                size_t size = garbage_piece(number, piece);
                size = size < left ? size : left;
                console_write(&guest->console, piece, size);
                left -= size;
        }
        console_write(&guest->console, garbage_end, text_length(garbage_end));
}

static bool is_dialog(enum step step)
{
        return step < STEP_SHUTDOWN;
}

// What the options want on the console at STEP. A screen is drawn anew after it.
static void make_noise(struct guest *guest, enum step step)
{
        const struct options *options = &guest->options;
        bool floods = options->flood && options->flood_at == step;
        bool garbles = options->garbage && (step == STEP_HALFWAY || step == STEP_BOOT);
        if (floods)
                flood(guest);
        if (garbles)
                print_garbage(guest);
        if ((floods || garbles) && is_dialog(step))
                screen_clear(&guest->screen);
}

void guest_reach(struct guest *guest, enum step step)
{
        const struct options *options = &guest->options;
        guest->keys_to_swallow = options->swallow;
        make_noise(guest, step);
        if (options->hang == step)
                firmware_halt();
        if (options->reset == step)
                firmware_reset(EFI_RESET_COLD);
        if (options->poweroff == step)
                firmware_reset(EFI_RESET_SHUTDOWN);
        if (options->panic == step)
                panic_show(guest, PANIC_TOLD_TO);
}

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
        guest_log(guest, "The rehearsal cannot go on:");
        va_start(arguments, format);
        log_arguments(guest, format, arguments);
        va_end(arguments);
        guest_idle(guest);
}
