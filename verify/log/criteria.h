// SPDX-License-Identifier: Apache-2.0
//
// Criteria: what a console must print, must not print, and may print for a run to count as a success.
//
// Pure: lines go in (see log.h), a verdict comes out. The criteria are rows of data from the guest profiles; a pattern
// is a Perl-compatible regular expression (PCRE2, UTF-8) that is searched for within one line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum criterion_kind {
        CRITERION_REQUIRED,  // must be met, and only counts once the required one before it is met
        CRITERION_FORBIDDEN, // must never be met
        CRITERION_OPTIONAL,  // only reported
};

// In place of a pattern: any purple screen (panic.h). Its finding shows the reason.
#define CRITERION_PURPLE_SCREEN "<purple-screen>"

struct criterion {
        const char *name; // its name in reports
        const char *pattern;
        enum criterion_kind kind;
        bool panic; // if met, the guest panicked, whatever its kind
};

struct criteria;
#define AUTO_CRITERIA __attribute__((cleanup(criteria_free)))

// Compiles COUNT ROWS, whose order is the order of the required ones. The rows are copied. NULL if a pattern is
// invalid: ERR (ERROR_DAMAGED) names the pattern, the position and the reason.
struct criteria *criteria_new(const struct criterion *rows, size_t count, struct error *err);

// Frees *CRITERIA and sets it to NULL; does nothing if it is already NULL.
void criteria_free(struct criteria **criteria);

// Forgets every line and starts over.
void criteria_restart(struct criteria *criteria);

// Judges one more line. LINE_NUMBER and TIME_MS (since the start of the run; 0 if it is not known) are only reported.
// If one line meets several required criteria, they must be in order within the line.
void criteria_line(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text);

// The same for a line of LENGTH bytes, which the caller knows: with millions of lines, strlen is a large part of the
// work.
void criteria_span(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text, size_t length);

// Whether a line may meet a criterion that is still open: a quick check (literals.h) that rules out nearly every line.
// Lines that are ruled out need not be judged.
bool criteria_may_meet(const struct criteria *criteria, const char *text, size_t length);

// From now on criteria_may_meet is also true for lines that contain PATTERN's words. PATTERN is borrowed.
void criteria_watch(struct criteria *criteria, const char *pattern);

// Whether every required criterion was met already (so that a live run can stop).
bool criteria_complete(const struct criteria *criteria);

// Whether a forbidden or a panic criterion was met already (so that a live run can stop).
bool criteria_broken(const struct criteria *criteria);

// How a criterion fared. `text` is the first line that met it, or the part of a long line from the match on.
struct criterion_finding {
        const struct criterion *criterion;
        bool met;
        uint64_t line_number, time_ms; // of the first line that met it
        const char *text;              // NULL if it was not met
        // How many lines were not judged because the pattern needed too many steps. Nested repetition can cause that.
        uint64_t given_up;
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

// One sentence for the user with the reason: which criterion, which line. Freed with free().
char *criteria_explanation(const struct criteria_verdict *verdict);
