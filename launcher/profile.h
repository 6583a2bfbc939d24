// SPDX-License-Identifier: Apache-2.0
//
// A guest profile: how an installer is driven and how its logs are judged, as data (guests/NAME.yaml).
//
// docs/guest-profiles.md teaches the format. A profile is checked whole when it is read: every pattern compiles, every
// key is known, every step that is referred to is there.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "verify/criteria.h"

// One screen of the installer and what is done there.
struct profile_step {
        const char *id;
        const char *title;  // for people: "Accept the licence"
        const char *screen; // pattern (PCRE2, multi-line) that the screen's text matches
        // What is sent: names of keys (keys.h), "<password>", "<target-disk>". A name with "?" at its end may have no visible
        // effect; every other key is sent again until the screen shows one.
        const char *const *keys;
        size_t key_count;
        bool optional;       // the installer may leave it out
        uint32_t wait_s;     // for the step to come
        const char *percent; // pattern whose first group is the installer's own progress; NULL where it shows none
        const char *then;    // id of the step that follows; NULL for the next in the list
        uint32_t limit;      // how often it may come before that is an error
};

// A part of a run with a judgement of its own.
struct profile_phase {
        struct profile_step *steps; // in order
        size_t step_count;
        struct profile_step *anytime; // answered whenever they come between the steps
        size_t anytime_count;
        struct criterion *criteria;
        size_t criterion_count;
        uint32_t wait_s; // for the criteria of a phase without steps; overridden by the settings
};

// What the guest needs where the user asks for nothing else.
struct profile_machine {
        uint32_t memory_mb, cpus;
        const char *disk_size; // "40G"
};

struct profile {
        const char *name, *title;
        bool rehearsal; // the guest is not ESXi
        struct profile_machine machine;
        const char *boot_label; // of the boot entry that the installer writes
        uint32_t settle_ms;     // a screen that has not changed for so long is complete
        uint32_t resend_ms;     // a key without effect for so long was swallowed
        const char *disk_row;   // pattern of a line in the list of disks; named groups `size` and `unit`
        struct profile_phase install, reboot, boot;
};

// Reads the profile of that name from the data files (base/paths.h), or from the file where NAME has a slash. NULL with
// the file, the line and what is wrong there.
struct profile *profile_read(const char *name, struct error *err);
void profile_free(struct profile **profile);
#define AUTO_PROFILE __attribute__((cleanup(profile_free)))

// The step of PHASE with that id, NULL where there is none.
const struct profile_step *profile_step(const struct profile_phase *phase, const char *id);
