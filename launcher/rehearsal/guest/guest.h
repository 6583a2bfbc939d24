// SPDX-License-Identifier: Apache-2.0
// What all parts of the guest share, its log and its pauses.
#pragma once

#include <stdarg.h>

#include "launcher/rehearsal/efi/power-button.h"
#include "launcher/rehearsal/guest/options.h"
#include "launcher/rehearsal/guest/steps.h"
#include "launcher/rehearsal/screen/screen.h"
#include "launcher/rehearsal/screen/serial.h"

// On every screen and in every log.
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

// Prints a line on the console.
void guest_log(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));

void guest_log_arguments(struct guest *guest, const char *format, va_list arguments);

// Opens GUEST's console and screen. False if the machine has no serial port.
bool guest_open(struct guest *guest);
