// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/trouble.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/garbage.h"
#include "launcher/rehearsal/guest/panic.h"

#define LINE_SIZE  512
#define FLOOD_SIZE 8192 // bytes that are written at once

// Prints lines of log as fast as possible.
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
        return step < STEP_SHUTDOWN || step == STEP_UP;
}

// Prints the noise that the options want at STEP; the screen is then redrawn.
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

static void panic(struct guest *guest, enum step step)
{
        if (guest->options.panic_kind != PANIC_WARNING)
                panic_show(guest, guest->options.panic_kind);
        panic_warn(guest);
        if (is_dialog(step))
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
                panic(guest, step);
}
