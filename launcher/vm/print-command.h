// SPDX-License-Identifier: Apache-2.0
//
// --print-command: QEMU's command line for a machine, as a person would type it into a shell. Nothing is started, written
// or locked.
//
// It is the machine that install or boot-installed would start: the same devices, firmware, variables and disk. But nobody
// drives it: it does not wait for a launcher, and its console is on the terminal, with QEMU's monitor behind Ctrl-A C.
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
        const char *payload_path;        // NULL for the disk alone
        bool json;                       // {"command": TEXT, "arguments": [TEXT...], "missing": [PATH...]}
};

// Prints it on standard output, one line that `sh -c` runs. Lines before it that begin with # say which of its files
// are not there yet. Fails if QEMU is not installed.
bool print_command(const struct print_command *print, struct error *err);
