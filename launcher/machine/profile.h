// SPDX-License-Identifier: Apache-2.0
//
// A guest profile: how an installer is driven and how its logs are judged, as data (guests/NAME.yaml).
//
// docs/guest-profiles.md teaches the format. A profile is checked whole when it is read: every pattern compiles and would
// not be found on any screen, every key is known, every step that is referred to is there.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/machine/pattern.h"
#include "verify/log/criteria.h"

// What happens where a step does not come in its time.
enum profile_timeout {
        TIMEOUT_FAIL,
        TIMEOUT_SKIP,   // goes on as though it had come
        TIMEOUT_RESEND, // sends the last key of the step before it once more, and waits again
        TIMEOUT_GOTO,   // waits for another step
};

// One screen of the installer and what is done there.
struct profile_step {
        const char *id;
        const char *title;          // for people: "Accept the licence"
        const char *const *screens; // patterns that the screen's text matches, all of them
        size_t screen_count;
        // What is sent: names of keys (keys.h), "<password>", "<target-disk>". A name with "?" at its end may have no visible
        // effect; every other key is sent again until the screen shows one.
        const char *const *keys;
        size_t key_count;
        bool optional;           // the installer may leave it out
        uint32_t wait_s;         // for the step to come
        const char *percent;     // pattern whose first group is the installer's own progress; NULL where it shows none
        const char *const *then; // ids of the steps that may follow; none for the next in the list
        size_t then_count;
        uint32_t limit;         // how often it may come before that is an error
        const char *on_timeout; // as written: "fail", "skip", "resend", "goto ID"; NULL for "fail"
        const char *fail; // what it means that this screen comes, where the installation cannot go on; NULL elsewhere

        // Made of the above when the profile is read.
        unsigned line;
        struct pattern **screen_patterns; // one for each of SCREENS
        struct pattern *percent_pattern;
        enum profile_timeout timeout;
        const struct profile_step *timeout_step; // of TIMEOUT_GOTO
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
        unsigned line;
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
        struct pattern *disk_pattern;
        struct profile_phase install; // driven, screen by screen, to its last step
        // Watched in its place where the payload has a kickstart and no key is needed: until the guest resets, unless a
        // criterion says that the script failed. It may have no required criteria.
        struct profile_phase kickstart;
        bool has_kickstart;
        struct profile_phase reboot, boot;
        struct yaml_file *file; // what it was read from; every text belongs to it
};

// Reads the profile of that name from the data files (base/paths.h), or from the file where NAME has a slash. NULL with
// "FILE:LINE: where: what is wrong there".
struct profile *profile_read(const char *name, struct error *err);
void profile_free(struct profile **profile);
#define AUTO_PROFILE __attribute__((cleanup(profile_free)))

// The step of PHASE with that id, NULL where there is none.
const struct profile_step *profile_step(const struct profile_phase *phase, const char *id);

// The same among its anytime steps, too.
const struct profile_step *profile_any_step(const struct profile_phase *phase, const char *id);

// The id in PHASE whose spelling is nearest to WORD, NULL where none is near.
const char *profile_nearest_step(const struct profile_phase *phase, const char *word);
