// SPDX-License-Identifier: Apache-2.0
//
// The judgement of a phase while it runs: the console's lines against the profile's criteria, and what the firmware says
// that it boots.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/evidence/evidence.h"
#include "launcher/machine/profile.h"
#include "verify/log/bootline.h"
#include "verify/log/criteria.h"

struct judge {
        struct criteria *criteria;
        struct criteria *next; // of the phase that follows, whose lines may come already; NULL where there is none
        struct evidence *evidence;
        struct boot_line booted; // the entry that the firmware started last; verb BOOT_LINE_STARTING
        bool has_booted;
        char last_line[240]; // of the console, as far as that
};
#define AUTO_JUDGE __attribute__((cleanup(judge_end)))

// From now on every line in EVIDENCE is judged by PHASE's criteria.
bool judge_begin(struct judge *judge, const struct profile_phase *phase, struct evidence *evidence, struct error *err);
void judge_end(struct judge *judge);

// From now on every line is judged by PHASE's criteria, too: it is the one that follows.
bool judge_follow(struct judge *judge, const struct profile_phase *phase, struct error *err);
bool judge_has_follower(const struct judge *judge);

// The phase that follows is the one that runs. Returns true.
bool judge_advance(struct judge *judge);

// The last line of the console so far, never NULL.
const char *judge_last_line(const struct judge *judge);

// Whether every criterion but the forbidden ones is met, the optional ones included.
bool judge_all_met(const struct judge *judge);

// False, with the line that says so in ERR (of either phase), where the guest panicked (ERROR_PANIC) or did something else that the
// criteria forbid (ERROR_NO).
bool judge_check(const struct judge *judge, struct error *err);

// The findings as JSON (findings.h).
json_t *judge_to_json(const struct judge *judge);
