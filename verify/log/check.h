// SPDX-License-Identifier: Apache-2.0
//
// Judges a whole console log, boot by boot.
//
// A log may hold several boots: an installation and the reboot after it, a machine that was started again, concatenated
// files. A boot begins with the log, and again when the firmware starts a boot entry after the guest has printed
// something:
//
//         BdsDxe: loading Boot0001 ...         the first boot, with everything before it
//         BdsDxe: failed to load Boot0001 ...  the same one: nothing has run
//         BdsDxe: starting Boot0004 ...        the same one
//         Loading VMware ESXi ...              the guest prints: any line not from BdsDxe after a `starting`
//         BdsDxe: loading Boot0004 ...         the second boot
//
// An entry that returns with an error ("failed to start") does not count as the guest: the firmware tries the next one
// in the same boot.
//
// The criteria come in phases (install and reboot; or boot alone). A phase is judged from the line where the previous
// phase was complete. The line that begins a boot also counts for the previous boot if that is past its first phase: a
// reboot ends when the firmware is back.
//
// The verdict on the log is that of its last boot. Exception: after a boot in which every phase passed, a boot that
// meets no criterion of the first of several phases is a follower (the installed system, after the installer). It must
// only not panic or meet a forbidden criterion.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "verify/log/bootline.h"
#include "verify/log/criteria.h"
#include "verify/log/logfile.h"

enum {
        CHECK_PHASES = 2,
        CHECK_KEPT = 32, // boots whose findings are kept: the last ones
};

struct check_phase {
        const char *name;
        const struct criterion *criteria;
        size_t count;
};

struct check_judgement {
        const char *phase;
        struct criterion_finding *findings; // their criteria belong to the check
        size_t count;
        enum verdict outcome;
};

struct check_boot {
        uint64_t number;                // from 1
        uint64_t first_line, last_line; // 0 if none
        bool has_started;
        struct boot_line started; // the entry that the firmware started last
        uint64_t started_line;
        bool is_follower; // see above
        struct check_judgement judgements[CHECK_PHASES];
        size_t count;
        enum verdict outcome;
        char *explanation; // one sentence
};

struct check;
#define AUTO_CHECK __attribute__((cleanup(check_free)))

// COUNT is 1 or 2. The names and criteria of PHASES must outlive the check. NULL if a pattern is invalid (criteria.h).
struct check *check_new(const struct check_phase *phases, size_t count, struct error *err);
void check_free(struct check **check);

// Judges the next line. A logfile_handler whose context is the check.
void check_line(const struct logfile_line *line, void *check);

// The log has ended. After that, and only then:
void check_finish(struct check *check);
uint64_t check_boots_seen(const struct check *check); // at least 1

// The last boots in order, *COUNT of them (at most CHECK_KEPT); they belong to the check.
const struct check_boot *check_boots(const struct check *check, size_t *count);

enum verdict check_outcome(const struct check *check);    // as above
enum verdict check_worst(const struct check *check);      // of every boot
const char *check_explanation(const struct check *check); // of check_outcome
