// SPDX-License-Identifier: Apache-2.0
//
// QEMU's command line, from what a machine is made of. Pure: text in, arguments out.
#pragma once

#include "base/arguments.h"
#include "base/process.h"
#include "launcher/machine/settings.h"

// Everything is borrowed. Paths are absolute.
struct qemu_machine {
        const char *name;                // shown by ps and in QEMU's window title
        const struct settings *settings; // complete
        const char *code_path;           // firmware, read-only
        const char *vars_path;           // variable store, written by the guest
        const char *disk_path, *disk_format;
        // Raw image that is booted first, under the device name MACHINE_PAYLOAD_DEVICE; the machine then pauses where the guest resets
        // or powers off. NULL boots what the variables say.
        const char *payload_path;
        const char *console_log; // the raw console, written by QEMU itself
        // The guest's serial port: a pair of FIFOs of that name with ".in" and ".out" behind it. Relative to the folder that QEMU
        // runs in, as QMP's socket is, so that the length of a path does not matter.
        const char *console_pipe;
        const char *qmp_socket;
        // Nobody drives it: the console, with QEMU's monitor behind Ctrl-A C, is on the terminal that QEMU is started on. There
        // are no log and no sockets then, and with a payload QEMU ends where the guest resets.
        bool on_terminal;
};

// Adds QEMU's arguments, program first. The machine starts paused, so that nothing it prints is lost before `cont`, unless
// it is on the terminal.
void qemu_arguments(const struct qemu_machine *machine, struct arguments *arguments);

// Adds only what makes the bare machine of SETTINGS (complete): board, accelerator, processors and memory.
void qemu_machine_arguments(const struct settings *settings, struct arguments *arguments);

// TEXT as the value of an option, where a comma is written twice; freed with free().
char *qemu_escaped(const char *text);
