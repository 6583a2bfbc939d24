// SPDX-License-Identifier: Apache-2.0
// The options in REHEARSE.CFG that make the guest misbehave, `key=value` lines (keyvalue.h). The file is beside
// BOOT.CFG on the payload; the installer copies it to the ESP for the installed system. Pure.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"
#include "launcher/rehearsal/guest/boxes.h"
#include "launcher/rehearsal/guest/endings.h"
#include "launcher/rehearsal/guest/steps.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
        enum step hang, panic, reset, poweroff; // STEP_NONE: never
        enum panic_kind panic_kind;
        enum loader_end loader, installer_loader; // of the installed system, and of the installer
        bool lose_entry;                          // write no boot entry
        bool dcui_refuses;                        // no password is right on the installed system's console
        bool no_dcui;                             // stop before the installed system's console
        bool swallow_keys;                        // discard keys that come too early
        bool no_usb_screen, no_warnings;
        bool ignore_power_button;
        bool clock;          // on every dialog, so that no screen stops changing
        bool chatter;        // lines of log over a waiting dialog
        uint64_t swallow;    // how many keys of each step are lost
        uint64_t flood;      // bytes of log
        enum step flood_at;  // where
        uint64_t garbage;    // bytes that are not text
        bool scroll_labels;  // a list moves over its labels, too (scroll.h)
        bool line_frames;    // frames in lines (UTF-8), not in ASCII
        bool only_install;   // another title of the list of disks
        box_set boxes;       // of the installer, shown whatever is on the disk
        uint64_t slow_check; // milliseconds to check each character of a password, and Enter
        uint64_t slow_draw;  // milliseconds for each drawn row
        uint64_t pace;       // percent: scales every pause
};

// Called for each invalid line, which is then ignored. WHAT is a phrase such as "unknown key".
typedef void options_warning(void *context, const struct keyvalue *pair, const char *what);

// The defaults, used without a file.
struct options options_defaults(void);

// Sets the OPTIONS that TEXT has; others stay as they are.
void options_read(struct options *options, struct span text, options_warning *warning, void *context);
