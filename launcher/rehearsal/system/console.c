// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/system/console.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/dialog.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/shutdown.h"
#include "launcher/rehearsal/guest/trouble.h"
#include "launcher/rehearsal/system/dcui.h"

#define CLOCK_MS   1000
#define UP_MS      1000 // until the step `up`
#define LEFT       4    // the column of all text
#define LOWER_HALF 14   // the first row of the console's lower half

static void draw_clock(struct guest *guest)
{
        char text[32];
        struct efi_time now = {0};
        RS->get_time(&now, NULL);
        text_format(text, sizeof text, "%04u-%02u-%02u %02u:%02u:%02u", now.year, now.month, now.day, now.hour,
                    now.minute, now.second);
        screen_text(&guest->screen, LOWER_HALF + 6, LEFT, STYLE_CONSOLE, text);
        screen_flush(&guest->screen);
}

// The part of TEXT that goes to the next line.
static const char *after_columns(const char *text, size_t columns)
{
        return text_length(text) > columns ? text + columns : "";
}

static void draw_console(struct guest *guest, const struct origin *origin)
{
        const char *rest = after_columns(origin->device, SCREEN_COLUMNS - LEFT);
        const struct {
                size_t row;
                enum style style;
                const char *text;
        } texts[] = {
                {1, STYLE_BANNER, GUEST_BANNER},
                {3, STYLE_DESKTOP, "VMware ESXi 8.0.3 (rehearsal)"},
                {5, STYLE_DESKTOP, "QEMU virtual machine, aarch64"},
                {7, STYLE_DESKTOP, "Started as:"},
                {8, STYLE_DESKTOP, origin->entry},
                {9, STYLE_DESKTOP, origin->device},
                {10, STYLE_DESKTOP, rest},
                {11, STYLE_DESKTOP, origin->file},
                {LOWER_HALF + 1, STYLE_CONSOLE, "To manage this host, go to:"},
                {LOWER_HALF + 2, STYLE_CONSOLE, "https://192.0.2.10/ (static; an address for documentation)"},
                {LOWER_HALF + 3, STYLE_CONSOLE, "https://[2001:db8::10]/ (static; the same)"},
                {LOWER_HALF + 8, STYLE_CONSOLE, "<F2> Customize System/View Logs"},
        };
        struct screen *screen = &guest->screen;
        screen_fill(screen, 0, 0, LOWER_HALF, SCREEN_COLUMNS, STYLE_DESKTOP);
        screen_fill(screen, LOWER_HALF, 0, SCREEN_ROWS - LOWER_HALF, SCREEN_COLUMNS, STYLE_CONSOLE);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                screen_text(screen, texts[i].row, LEFT, texts[i].style, texts[i].text);
        screen_text(screen, LOWER_HALF + 8, 52, STYLE_CONSOLE, "<F12> Shut Down/Restart");
        draw_clock(guest);
}

// After F12: Enter or Tab powers off, F11 restarts, Esc returns.
static void ask_shutdown(struct guest *guest)
{
        static const char *const lines[] = {"Shut down this host?"};
        const key_set off = KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_TAB);
        struct key key =
                dialog_page(guest, "Shut Down/Restart", lines, 1, "(Enter) Shut down  (F11) Restart  (Esc) Cancel",
                            off | KEY_BIT(KEY_F11) | KEY_BIT(KEY_ESCAPE));
        if (off & KEY_BIT(key.name))
                shutdown_run(guest, EFI_RESET_SHUTDOWN);
        if (key.name == KEY_F11)
                shutdown_run(guest, EFI_RESET_COLD);
}

_Noreturn void console_run(struct guest *guest, const struct origin *origin)
{
        uint64_t up_at = firmware_milliseconds() + UP_MS;
        screen_clear(&guest->screen);
        draw_console(guest, origin);
        for (;;) {
                if (up_at && firmware_milliseconds() >= up_at) {
                        up_at = 0;
                        guest_reach(guest, STEP_UP);
                }
                struct key key = guest_key(guest, CLOCK_MS);
                if (key.name == KEY_F2) {
                        dcui_customize(guest);
                        draw_console(guest, origin);
                }
                if (key.name == KEY_F12) {
                        ask_shutdown(guest);
                        draw_console(guest, origin);
                }
                draw_clock(guest);
        }
}
