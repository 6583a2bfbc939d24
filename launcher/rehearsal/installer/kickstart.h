// SPDX-License-Identifier: Apache-2.0
// A kickstart file: the answers to the installer's questions, for an installation without a key. Pure.
// Source: VMware ESXi 8, "Installation and Upgrade Script Commands". What the stand-in takes of it is in
// docs/rehearsal-guest.md; a command or an argument beyond that is an error, and never passed over.
#pragma once

#include "launcher/rehearsal/base/keyvalue.h"

#include <stdbool.h>
#include <stddef.h>

#define KICKSTART_LINE_MAX 512 // characters of a line that is read; a script's lines may be longer
#define KICKSTART_TEXT_MAX 128 // characters of an argument that is kept

enum kickstart_place {
        KICKSTART_NONE,    // no ks= among the options
        KICKSTART_USB,     // on the volume that the installer was loaded from
        KICKSTART_REFUSED, // somewhere that the stand-in cannot read
};

// Finds ks= in KERNELOPT, words without regard to case, the last one where there are several. PATH is what follows
// `usb:` ("/KS.CFG", which is also meant by `ks=usb` alone), or, where it is refused, all that follows `ks=`.
enum kickstart_place kickstart_locate(struct span kernelopt, struct span *path);

enum kickstart_disk {
        KICKSTART_DISK_UNSAID,
        KICKSTART_FIRST_DISK,
        KICKSTART_NAMED_DISK,
};

// What the file says. The texts end with NUL.
struct kickstart {
        bool accepts_eula, reboots;
        enum kickstart_disk disk;
        char disk_text[KICKSTART_TEXT_MAX + 1]; // of --disk=NAME, or of --firstdisk=LIST; empty if there is no list
        char password[KICKSTART_TEXT_MAX + 1];  // as it stands there: plain, or crypt(3)'s where it is hashed
        bool password_is_hashed;
};

// What is wrong with a file: `Kickstart error: line N: WHAT "WORD"`. WORD lies in memory of the parser's; no password
// is ever put there.
struct kickstart_error {
        unsigned line; // from 1; the last one where something is missing
        const char *what;
        char word[KICKSTART_TEXT_MAX + 1]; // empty if there is none
};

// Told about each line that has no effect here: "noted, not run".
typedef void kickstart_note(void *context, unsigned line, const char *what);

// Reads TEXT. False, with ERROR filled in, at the first thing that is wrong. The caller wipes what it gets.
bool kickstart_parse(struct span text, struct kickstart *kickstart, struct kickstart_error *error, kickstart_note *note,
                     void *context);

void kickstart_wipe(struct kickstart *kickstart);

// The next item of a list with commas, such as --firstdisk=local,usb. False at its end. Empty items are skipped.
bool kickstart_next_item(struct span *list, struct span *item);
