// SPDX-License-Identifier: Apache-2.0
//
// Judges a running phase: the console's lines by the profile's criteria, and the boot entry that the firmware reports.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/evidence/evidence.h"
#include "launcher/machine/profile.h"
#include "verify/log/bootline.h"
#include "verify/log/criteria.h"

struct judge {
        struct criteria *criteria;
        struct criteria *next; // of the next phase, whose lines may come early; NULL if none
        struct evidence *evidence;
        struct boot_line booted; // the entry that the firmware started last; verb BOOT_LINE_STARTING
        bool has_booted;
        bool has_spoken;     // the guest has printed a line since then
        char last_line[240]; // of the console, up to this length
};
#define AUTO_JUDGE __attribute__((cleanup(judge_end)))

// From now on every line in EVIDENCE is judged by PHASE's criteria.
bool judge_begin(struct judge *judge, const struct profile_phase *phase, struct evidence *evidence, struct error *err);
void judge_end(struct judge *judge);

// From now on every line is also judged by the criteria of PHASE, the next phase.
bool judge_follow(struct judge *judge, const struct profile_phase *phase, struct error *err);
bool judge_has_follower(const struct judge *judge);

// The next phase becomes the current one. Returns true.
bool judge_advance(struct judge *judge);

// The last line of the console so far, never NULL.
const char *judge_last_line(const struct judge *judge);

// Whether all required and optional criteria are met.
bool judge_all_met(const struct judge *judge);

// False, with the line in ERR, if a forbidden criterion of either phase is met: ERROR_PANIC for a panic, else ERROR_NO.
bool judge_check(const struct judge *judge, struct error *err);

// The findings as JSON (findings.h).
json_t *judge_to_json(const struct judge *judge);
