// SPDX-License-Identifier: Apache-2.0
//
// --print-command: the QEMU command line that install or boot-installed would use, for a shell. The devices, firmware,
// variables and disk are the same, but the console is on the terminal (Ctrl-A C: QEMU's monitor), and no launcher is
// needed. Nothing is started, written or locked.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/settings.h"

// Everything is borrowed.
struct print_command {
        const struct machine *machine;   // its paths are enough
        const struct settings *settings; // complete
        const char *code_path;           // the firmware
        const char *payload_path;        // NULL: boot the disk alone
        bool json; // {"command": TEXT, "accel": TEXT, "arguments": [TEXT...], "missing": [PATH...]}
};

// Prints one line that `sh -c` runs, after lines that begin with # and name files that do not exist yet. Fails if QEMU
// is not installed.
bool print_command(const struct print_command *print, struct error *err);
