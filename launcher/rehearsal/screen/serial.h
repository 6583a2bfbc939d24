// SPDX-License-Identifier: Apache-2.0
// The console as ESXi has it: the raw serial port, taken from the firmware's terminal driver. So only this program
// writes to it, and it receives every byte.
#pragma once

#include "launcher/rehearsal/efi/uefi.h"
#include "launcher/rehearsal/screen/keys.h"

#define CONSOLE_PENDING_MAX 16

struct console {
        struct efi_serial_io *serial;
        char pending[CONSOLE_PENDING_MAX]; // an incomplete key
        size_t pending_size;
};

// Takes the serial port of the firmware's console, or else the first one. False if the machine has none.
bool console_open(struct console *console);

void console_write(struct console *console, const char *bytes, size_t size);

// The next key; KEY_NONE if none comes within MILLISECONDS.
struct key console_key(struct console *console, uint64_t milliseconds);

// Discards input until none comes for a moment.
void console_drain(struct console *console);
