// SPDX-License-Identifier: Apache-2.0
// The console as ESXi has it: the serial port itself, raw. The port is taken from the firmware's terminal driver, so
// that nothing but this program's bytes goes out and every byte that comes in arrives here.
#pragma once

#include "launcher/rehearsal/efi/uefi.h"
#include "launcher/rehearsal/screen/keys.h"

#define CONSOLE_PENDING_MAX 16

struct console {
        struct efi_serial_io *serial;
        char pending[CONSOLE_PENDING_MAX]; // bytes that came and are no whole key yet
        size_t pending_size;
};

// Takes the serial port that the firmware's console is on, or the first one there is. False if the machine has none.
bool console_open(struct console *console);

void console_write(struct console *console, const char *bytes, size_t size);

// The next key; KEY_NONE after that many milliseconds without one.
struct key console_key(struct console *console, uint64_t milliseconds);

// Throws away what has come in, until nothing comes for a moment.
void console_drain(struct console *console);
