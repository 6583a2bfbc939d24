// SPDX-License-Identifier: Apache-2.0
//
// Criteria: what a console must, must not and may print for a run to pass. Pure.
//
// They come from the guest profiles. A pattern is a Perl-compatible regular expression (PCRE2, UTF-8) that is searched
// for within one line (log.h).
//
// A full-screen program draws texts into boxes, and tears them at the box's width, also within words. Criteria with
// REJOIN are therefore also searched for in every two successive rows of a box together, joined directly and with a
// blank. A row of a box is a line with a vertical frame, | or U+2502, on both sides.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum criterion_kind {
        CRITERION_REQUIRED,  // must be met, after the required one before it
        CRITERION_FORBIDDEN, // must never be met
        CRITERION_OPTIONAL,  // only reported
};

// In place of a pattern: any purple screen (panic.h). Its finding shows the reason.
#define CRITERION_PURPLE_SCREEN "<purple-screen>"

struct criterion {
        const char *name; // in reports
        const char *pattern;
        enum criterion_kind kind;
        bool panic;  // whatever its kind, the guest panicked if it is met
        bool rejoin; // also searched for in two rows of a box together; not for the purple screen
};

struct criteria;
#define AUTO_CRITERIA __attribute__((cleanup(criteria_free)))

// Compiles and copies COUNT ROWS; required ones must be met in this order. NULL if a pattern is invalid: ERR
// (ERROR_DAMAGED) has the pattern, the position and the reason.
struct criteria *criteria_new(const struct criterion *rows, size_t count, struct error *err);

// Frees *CRITERIA and sets it to NULL; does nothing if it is already NULL.
void criteria_free(struct criteria **criteria);

// Forgets every line and starts over.
void criteria_restart(struct criteria *criteria);

// Judges one more line. LINE_NUMBER and TIME_MS (since the start of the run; 0 if unknown) are only reported. Several
// required criteria that one line meets must be in order within it.
void criteria_line(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text);

// The same for a line of known length: with millions of lines, strlen is a large part of the work.
void criteria_span(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text, size_t length);

// Whether a line may meet a criterion that is not met yet: a quick check (literals.h). If not, it need not be judged.
bool criteria_may_meet(const struct criteria *criteria, const char *text, size_t length);

// Makes criteria_may_meet also true for lines with PATTERN's words. PATTERN is borrowed.
void criteria_watch(struct criteria *criteria, const char *pattern);

// Whether every required criterion was met, so that a live run can stop.
bool criteria_complete(const struct criteria *criteria);

// Whether a forbidden or panic criterion was met, so that a live run can stop.
bool criteria_broken(const struct criteria *criteria);

// How a criterion fared. `text` is the first line that met it, or the part of a long line from the match on; of two rows,
// their texts joined.
struct criterion_finding {
        const struct criterion *criterion;
        bool met;
        uint64_t line_number, time_ms; // of the first line that met it
        const char *text;              // NULL if it was not met
        uint64_t given_up;             // lines not judged because the pattern needed too many steps (nested repetition)
};

enum verdict {
        VERDICT_PASS,
        VERDICT_FAIL,
        VERDICT_PANIC,
};

// All members belong to the criteria and are valid until the next criteria_line.
struct criteria_verdict {
        enum verdict outcome;
        const struct criterion_finding *findings; // one for each criterion, in the order of the rows
        size_t count;
        const struct criterion_finding *missing;   // the first required one not met, or NULL
        const struct criterion_finding *forbidden; // the first panic one met, else the first forbidden one, or NULL
};

// The verdict on the lines so far.
struct criteria_verdict criteria_judge(const struct criteria *criteria);

const char *verdict_text(enum verdict outcome); // "pass", "fail", "panic"
int verdict_exit_code(enum verdict outcome);    // 0, ERROR_NO, ERROR_PANIC

// One sentence with the reason: which criterion, which line. Freed with free().
char *criteria_explanation(const struct criteria_verdict *verdict);
