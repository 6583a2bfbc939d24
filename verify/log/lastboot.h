// SPDX-License-Identifier: Apache-2.0
//
// The last boot in a console log: the entry that the firmware started, and later messages that matter for a diagnosis.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "verify/log/bootline.h"
#include "verify/log/panic.h"

enum lastboot_word {
        LASTBOOT_GIC_PANIC, // its.c:2934: ESXi 8 with a GICv3
        LASTBOOT_PANIC,     // a purple screen of any kind: the line with the reason
        LASTBOOT_ENDED,     // the loader, VMB or the firmware gave up
        LASTBOOT_UP,        // the system's console is up
        LASTBOOT_INSTALLER, // a screen of the installer
        LASTBOOT_TOO_SMALL, // the installer refused the chosen disk
        LASTBOOT_COMPLETE,  // the installation is complete
        // These count anywhere in the log, not only after the last start.
        LASTBOOT_NO_RUNTIME,   // the loader reports that UEFI runtime services are off
        LASTBOOT_WAS_COMPLETE, // an installation was complete
        LASTBOOT_WORDS
};

struct lastboot {
        char *path; // of the log
        bool has_started;
        struct boot_line started; // the entry that was started last
        uint64_t started_line;    // from 1
        uint64_t last_line;       // the log's last line, from 1; 0 if it is empty
        char *last_text;          // that line, safe for a terminal
        bool has_spoken;          // something was printed after the last start
        bool is_leftover;         // the last boot is an installation, or the one right after it, which may be cut off
        struct lastboot_find {
                uint64_t line; // its first line; 0 if not found
                char *text;    // the line, safe for a terminal
        } found[LASTBOOT_WORDS];
        struct panic_reader panic;
};
#define AUTO_LASTBOOT __attribute__((cleanup(lastboot_free)))

// Reads the log at PATH, of any kind that logfile.h knows, in constant memory. Free LASTBOOT with lastboot_free.
bool lastboot_read(const char *path, struct lastboot *lastboot, struct error *err);
void lastboot_free(struct lastboot *lastboot);
