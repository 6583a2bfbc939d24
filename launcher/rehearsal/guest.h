// SPDX-License-Identifier: Apache-2.0
// The guest as a whole: what its parts share, and how it waits, logs, misbehaves and gives up.
#pragma once

#include "console.h"
#include "options.h"
#include "power-button.h"
#include "screen.h"
#include "steps.h"

// Every screen and every log says it.
#define GUEST_BANNER "esxi-arm rehearsal guest - this is not VMware ESXi"

struct guest {
        struct options options;
        struct console console;
        struct screen screen;
        efi_handle device;         // the volume that the program was loaded from
        bool runtime_services_off; // norts=1 in BOOT.CFG
        bool has_gic_v3;
        struct power_button button;
        uint64_t keys_to_swallow; // of this step
};

// Pauses, scaled by the option `pace`.
void guest_pause(const struct guest *guest, uint64_t milliseconds);

// Prints a line of text below what is on the console.
void guest_log(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

// To be called where STEP begins, before anything of it shows. Does not return where the options say so.
void guest_reach(struct guest *guest, enum step step);

// The next key; KEY_NONE after about that many milliseconds without one. Meanwhile the power button works (pressed, it
// shuts the guest down) and the options that concern waiting are obeyed.
struct key guest_key(struct guest *guest, uint64_t milliseconds);

// Waits for ever, for the power button alone.
_Noreturn void guest_idle(struct guest *guest);

// Something failed that the guest cannot do without: says so and waits for ever.
_Noreturn void guest_stop(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Makes GUEST's console and screen from the serial port. False where there is none.
bool guest_open(struct guest *guest);
