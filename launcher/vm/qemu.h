// SPDX-License-Identifier: Apache-2.0
//
// Builds QEMU's command line for a machine. Pure.
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
        // Raw image, booted first as device MACHINE_PAYLOAD_DEVICE; QEMU then pauses when the guest resets or powers
        // off. NULL: boot as the variable store says.
        const char *payload_path;
        const char *console_log; // raw console output, written by QEMU
        // Relative to QEMU's working folder, so that their length does not matter: the FIFOs NAME.in and NAME.out of
        // the guest's serial port, and the socket.
        const char *console_pipe;
        const char *qmp_socket;
        // For a person: the console (Ctrl-A C: QEMU's monitor) is on the terminal, without log, FIFOs and QMP. With a
        // payload, QEMU exits when the guest resets.
        bool on_terminal;
};

// Adds QEMU's arguments, program first. Unless it is on the terminal, the machine starts paused and waits for `cont`,
// so that no output is lost.
void qemu_arguments(const struct qemu_machine *machine, struct arguments *arguments);

// Adds only what makes the bare machine of SETTINGS (complete): board, accelerator, processors and memory.
void qemu_machine_arguments(const struct settings *settings, struct arguments *arguments);

// TEXT as the value of a QEMU option, with commas doubled; freed with free().
char *qemu_escaped(const char *text);
