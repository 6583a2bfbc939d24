// SPDX-License-Identifier: Apache-2.0
//
// The judgement of a whole console log, boot by boot.
//
// A log may hold several boots: of an installation and the reboot after it, of a machine that was started again, of files that
// were put together. A boot begins with the log, and again where the firmware starts a boot entry after the guest has spoken:
//
//         BdsDxe: loading Boot0001 ...         the first boot, with whatever came before
//         BdsDxe: failed to load Boot0001 ...  the same one: nothing has run
//         BdsDxe: starting Boot0004 ...        the same one
//         Loading VMware ESXi ...              the guest speaks: any line that is not BdsDxe's after a `starting`
//         BdsDxe: loading Boot0004 ...         the second boot
//
// An entry that comes back with an error ("failed to start") has not spoken: the firmware tries the next one in the same boot.
//
// The criteria come in phases (install and reboot; or boot alone). A phase is judged from where the one before it was complete.
// The line that begins a boot is seen by the boot before it, too, once that is past its first phase: that the firmware comes
// back is how a reboot ends.
//
// The verdict on the log is that of its last boot. But after a boot in which every phase passed, one that meets nothing of the
// first of several phases is no attempt of its own (the installed system, after the installer): it only must not panic or do
// what is forbidden.
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
        uint64_t first_line, last_line; // 0 where there is none
        bool has_started;
        struct boot_line started; // the entry that the firmware started last
        uint64_t started_line;
        bool is_follower; // no attempt of its own, but what came after one that passed
        struct check_judgement judgements[CHECK_PHASES];
        size_t count;
        enum verdict outcome;
        char *explanation; // one sentence
};

struct check;
#define AUTO_CHECK __attribute__((cleanup(check_free)))

// A judgement by COUNT PHASES (1 or 2), whose names and criteria must outlive it. NULL where a pattern is wrong (criteria.h).
struct check *check_new(const struct check_phase *phases, size_t count, struct error *err);
void check_free(struct check **check);

// The next line; a logfile_handler, whose context is the check.
void check_line(const struct logfile_line *line, void *check);

// The log has ended. After that, and only then:
void check_finish(struct check *check);
uint64_t check_boots_seen(const struct check *check); // 1 at least

// The last of them, *COUNT of CHECK_KEPT at most, in order; they belong to the check.
const struct check_boot *check_boots(const struct check *check, size_t *count);

enum verdict check_outcome(const struct check *check);    // as above
enum verdict check_worst(const struct check *check);      // of every boot
const char *check_explanation(const struct check *check); // of check_outcome
