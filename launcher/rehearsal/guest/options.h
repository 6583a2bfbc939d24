// SPDX-License-Identifier: Apache-2.0
// How the guest is told to misbehave: the file REHEARSE.CFG, `key=value` lines (keyvalue.h). It lies beside BOOT.CFG on
// the payload, and the installer copies it to the ESP for the installed system. Pure.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"
#include "launcher/rehearsal/guest/steps.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
        enum step hang, panic, reset, poweroff; // STEP_NONE: nowhere
        bool lose_entry;                        // write no boot entry
        bool no_dcui;                           // stop before the installed system's console
        bool swallow_keys;                      // throw away keys that come too early
        bool no_usb_screen, no_warnings;
        bool ignore_power_button;
        bool clock;         // on every dialog, so that no screen stands still
        bool chatter;       // lines of log over a dialog that waits
        uint64_t swallow;   // so many keys of each step are lost
        uint64_t flood;     // bytes of log
        enum step flood_at; // where
        uint64_t garbage;   // bytes that are no text
        uint64_t slow_draw; // milliseconds a drawn row
        uint64_t pace;      // percent: scales every pause
};

// Told about each line that is not understood; the line is then ignored. WHAT is a phrase such as "unknown key".
typedef void options_warning(void *context, const struct keyvalue *pair, const char *what);

// The defaults, used without a file.
struct options options_defaults(void);

// Reads TEXT over what OPTIONS already says.
void options_read(struct options *options, struct span text, options_warning *warning, void *context);
