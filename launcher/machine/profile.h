// SPDX-License-Identifier: Apache-2.0
//
// A guest profile: how an installer is driven and how its logs are judged, as data (guests/NAME.yaml).
//
// docs/guest-profiles.md describes the format. Reading a profile checks all of it: patterns compile and do not match
// the empty text, keys are known, referenced steps exist.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/machine/pattern.h"
#include "verify/log/criteria.h"

// What happens if a step times out.
enum profile_timeout {
        TIMEOUT_FAIL,
        TIMEOUT_SKIP,   // continue as if it had come
        TIMEOUT_RESEND, // send the last key of the previous step again, and wait again
        TIMEOUT_GOTO,   // wait for another step
};

// Whether a step is only taken if the user allows what it does to the system that is on the disk.
enum profile_when {
        WHEN_ALWAYS,
        WHEN_KEEP,      // nothing: a step that fails
        WHEN_OVERWRITE, // install over it
        WHEN_UPGRADE,   // upgrade it
};

// One screen of the installer and the response to it.
struct profile_step {
        const char *id;
        const char *title;          // for display: "Accept the licence"
        const char *const *screens; // patterns that must all match the screen's text
        size_t screen_count;
        // Names of keys (keys.h), "<password>", "<text: TEXT>" (fill.h), "<target-disk>", "<choose: PATTERN>",
        // "<row: PATTERN>". A key that ends with "?" may have no visible effect; any other key is sent again until the
        // screen changes.
        const char *const *keys;
        size_t key_count;
        enum profile_when when;
        bool optional;           // the installer may skip it
        uint32_t wait_s;         // timeout for the step
        const char *percent;     // pattern whose first group is the installer's own progress; NULL if none
        const char *const *then; // ids of the steps that may follow; empty: the next in the list
        size_t then_count;
        uint32_t limit;         // how often it may come
        const char *on_timeout; // as written: "fail", "skip", "resend", "goto ID"; NULL for "fail"
        const char *fail;       // what a screen means that ends the installation; else NULL

        // Derived when the profile is read.
        unsigned line;
        struct pattern **screen_patterns; // one for each of SCREENS
        struct pattern *percent_pattern;
        enum profile_timeout timeout;
        const struct profile_step *timeout_step; // of TIMEOUT_GOTO
};

// A part of a run with its own verdict, or the steps of a task, which has no criteria.
struct profile_phase {
        // Of a task: keys that bring up its first screen from the running system's console, as in a step.
        const char *const *begin;
        size_t begin_count;
        struct profile_step *steps; // in order
        size_t step_count;
        struct profile_step *anytime; // answered whenever they appear between the steps
        size_t anytime_count;
        struct criterion *criteria;
        size_t criterion_count;
        uint32_t wait_s; // for the criteria of a phase without steps; overridden by the settings
        uint32_t
                quiet_s; // a console that prints nothing for so long has hung (with steps: before the first one); 0 if it may
        unsigned line;
};

// What can be done on the console of the running system. The screen of its last step shows that it is done.
struct profile_task {
        const char *name, *title;
        struct profile_phase phase;
        unsigned line;
};

// Defaults for the guest.
struct profile_machine {
        uint32_t memory_mb, cpus;
        const char *disk_size; // "40G"
};

// What the installer accepts as root's password; zeroes for anything.
struct profile_password {
        uint32_t least, most; // characters
        uint32_t classes;     // of lower case, upper case, digits and others
};

// What the payload has to be.
enum profile_payload {
        PROFILE_PAYLOAD_ESXI, // an installer of ESXi, which is checked and changed
        PROFILE_PAYLOAD_ANY,  // anything that the firmware boots, unchanged
};

struct profile {
        const char *name, *title;
        enum profile_payload payload;
        bool rehearsal; // the guest is not ESXi
        struct profile_machine machine;
        struct profile_password password;
        const char *const *boot_labels; // of the boot entry that the installer writes: one of these
        size_t boot_label_count;
        uint32_t settle_ms;   // a screen that has not changed for this long is complete
        uint32_t resend_ms;   // a key without effect for this long is sent again
        uint32_t unknown_s;   // a screen that asks for a key and that no step knows ends the wait after so long
        const char *asks;     // pattern of a screen that asks for a key
        const char *disk_row; // pattern of a line in the list of disks; named groups `size` and `unit`. NULL if no key
                              // is "<target-disk>"
        const char *disk_list_end; // pattern of what is below the last disk if the list is shown whole; NULL if unknown
        struct pattern *disk_pattern, *disk_end_pattern, *asks_pattern;
        struct profile_phase install; // driven screen by screen to its last step
        // Instead of INSTALL if the payload has a kickstart: watched until the guest resets, or a criterion shows that
        // the script failed. It need not have required criteria.
        struct profile_phase kickstart;
        bool has_kickstart;
        struct profile_phase reboot, boot;
        struct profile_task *tasks;
        size_t task_count;
        struct yaml_file *file; // owns every text
};

// Reads the profile NAME from the data files (base/paths.h), or the file NAME if it has a slash or ends in ".yaml" or
// ".yml". NULL on failure, with "FILE:LINE: place: problem" in ERR.
struct profile *profile_read(const char *name, struct error *err);

// Writes a copy of the file to PATH; an existing one is replaced.
bool profile_copy(const struct profile *profile, const char *path, struct error *err);

// The SHA-256 of the file in hexadecimal, freed with free().
char *profile_sha256(const struct profile *profile);

void profile_free(struct profile **profile);
#define AUTO_PROFILE __attribute__((cleanup(profile_free)))

// PATTERN in the key "<KIND: PATTERN>", freed with free(). NULL if KEY is another key.
char *profile_argument(const char *key, const char *kind);

// Whether LABEL is one of the boot labels.
bool profile_has_label(const struct profile *profile, const char *label);

// Whether a step of PHASE has KEY, exactly as given.
bool profile_phase_has_key(const struct profile_phase *phase, const char *key);

// Whether an installation, or a task, types root's password.
bool profile_types_password(const struct profile *profile);
bool profile_phase_types_password(const struct profile_phase *phase);

// The task of that name. NULL if PROFILE has none, with ERROR_USAGE and the ones that it has.
const struct profile_task *profile_task(const struct profile *profile, const char *name, struct error *err);

// Whether the installer will accept PASSWORD. If not, ERROR_USAGE with the rules.
bool profile_check_password(const struct profile *profile, const char *password, struct error *err);

// The step of PHASE with that id; NULL if not found.
const struct profile_step *profile_step(const struct profile_phase *phase, const char *id);

// The same, including anytime steps.
const struct profile_step *profile_any_step(const struct profile_phase *phase, const char *id);

// The id in PHASE with the spelling nearest to WORD; NULL if none is similar.
const char *profile_nearest_step(const struct profile_phase *phase, const char *word);
