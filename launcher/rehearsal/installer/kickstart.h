// SPDX-License-Identifier: Apache-2.0
// A kickstart file: the answers to the installer's questions, for an installation without keys. Pure.
// docs/rehearsal-guest.md lists what is supported. As ESXi's reader: an unknown command is a warning, an unknown argument
// an error; a section ends where the next one begins and nowhere else, so `%end` and what follows belong to the script.
// Source: VMware ESXi 8, "Installation and Upgrade Script Commands".
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"

#include <stdbool.h>
#include <stddef.h>

#define KICKSTART_LINE_MAX 512 // characters of a command's line; a script's lines may be longer
#define KICKSTART_TEXT_MAX 128 // characters of an argument

enum kickstart_place {
        KICKSTART_NONE,    // no ks= among the options
        KICKSTART_USB,     // on the volume that the installer was loaded from
        KICKSTART_REFUSED, // somewhere that the rehearsal cannot read
};

// Finds the last ks= in KERNELOPT, in upper or lower case. PATH is what follows `usb:` ("/KS.CFG" for `ks=usb` alone),
// or, if refused, everything after `ks=`.
enum kickstart_place kickstart_locate(struct span kernelopt, struct span *path);

enum kickstart_disk {
        KICKSTART_DISK_UNSAID,
        KICKSTART_FIRST_DISK,
        KICKSTART_NAMED_DISK,
};

// Texts end with NUL.
struct kickstart {
        bool accepts_eula, reboots;
        enum kickstart_disk disk;
        char disk_text[KICKSTART_TEXT_MAX + 1]; // of --disk=NAME or --firstdisk=LIST; empty if there is no list
        char password[KICKSTART_TEXT_MAX + 1];  // as in the file: plain, or crypt(3)'s if it is hashed
        bool password_is_hashed;
};

// Reported as `error:FILE:line N: WHAT "WORD"`. WORD is never a password.
struct kickstart_error {
        unsigned line; // from 1; the last one if something is missing
        const char *what;
        char word[KICKSTART_TEXT_MAX + 1]; // empty if no word is at fault
};

// Called for each line that has no effect here ("noted, not run"), and with a WORD for one that the user is warned of
// ("unknown command").
typedef void kickstart_note(void *context, unsigned line, const char *what, struct span word);

// Reads TEXT. False on the first error, with ERROR filled in. The caller wipes KICKSTART.
bool kickstart_parse(struct span text, struct kickstart *kickstart, struct kickstart_error *error, kickstart_note *note,
                     void *context);

void kickstart_wipe(struct kickstart *kickstart);

// The next item of a comma-separated list, such as --firstdisk=local,usb; skips empty ones. False at its end.
bool kickstart_next_item(struct span *list, struct span *item);
