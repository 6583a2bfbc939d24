// SPDX-License-Identifier: Apache-2.0
//
// Criteria: what a console must have said, must not have said, and may have said, for a run to count as a success.
//
// Pure judgement: lines go in (see log.h), a verdict comes out. The criteria are rows of data, as the guest profiles
// carry them; a pattern is a Perl-compatible regular expression (PCRE2, UTF-8) that is searched for within one line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum criterion_kind {
        CRITERION_REQUIRED,  // must be met, and only counts after the required one before it was met
        CRITERION_FORBIDDEN, // must never be met, at any place
        CRITERION_OPTIONAL,  // is only reported
};

struct criterion {
        const char *name; // what a report calls it
        const char *pattern;
        enum criterion_kind kind;
        bool panic; // that it is met means that the guest panicked, whatever its kind
};

struct criteria;
#define AUTO_CRITERIA __attribute__((cleanup(criteria_free)))

// Compiles COUNT ROWS, whose order is the order of the required ones. The rows are copied. NULL where a pattern is wrong:
// ERR (ERROR_DAMAGED) says which one, where in it, and why.
struct criteria *criteria_new(const struct criterion *rows, size_t count, struct error *err);

// Frees *CRITERIA, which becomes NULL; nothing where it is NULL already.
void criteria_free(struct criteria **criteria);

// Forgets every line: the judgement begins anew.
void criteria_restart(struct criteria *criteria);

// Judges one more line. LINE_NUMBER and TIME_MS (since the start of the run; 0 where it is not known) are only reported.
// Where one line meets several required criteria, they must stand in it in their order.
void criteria_line(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text);

// The same for a line of LENGTH bytes, which the caller knows: of millions of lines, counting them is much of the work.
void criteria_span(struct criteria *criteria, uint64_t line_number, uint64_t time_ms, const char *text, size_t length);

// Whether a line may meet a criterion that is still looked for: a quick look (literals.h) that lets nearly every line pass.
// Those that it lets pass need not be judged.
bool criteria_may_meet(const struct criteria *criteria, const char *text, size_t length);

// From now on criteria_may_meet is true for lines that have PATTERN's words in them, too. It is borrowed.
void criteria_watch(struct criteria *criteria, const char *pattern);

// Whether every required criterion was met already (so that a live run can stop).
bool criteria_complete(const struct criteria *criteria);

// Whether a forbidden or a panic criterion was met already (so that a live run can stop).
bool criteria_broken(const struct criteria *criteria);

// How a criterion fared. `text` is the line that met it first, or the part of a long one from where it was met.
struct criterion_finding {
        const struct criterion *criterion;
        bool met;
        uint64_t line_number, time_ms; // of the line that met it first
        const char *text;              // NULL where it was not met
        // How many lines were too much work for the pattern and went unjudged. A pattern with nested repetition can do that.
        uint64_t given_up;
};

enum verdict {
        VERDICT_PASS,
        VERDICT_FAIL,
        VERDICT_PANIC,
};

// Everything in it belongs to the criteria and is valid until the next criteria_line.
struct criteria_verdict {
        enum verdict outcome;
        const struct criterion_finding *findings; // one for each criterion, in the order of the rows
        size_t count;
        const struct criterion_finding *missing;   // the first required one that was not met, or NULL
        const struct criterion_finding *forbidden; // the panic one that was met first, else the forbidden one, or NULL
};

// The judgement over the lines so far.
struct criteria_verdict criteria_judge(const struct criteria *criteria);

const char *verdict_text(enum verdict outcome); // "pass", "fail", "panic"
int verdict_exit_code(enum verdict outcome);    // 0, ERROR_NO, ERROR_PANIC

// One sentence for the user that says why: which criterion, which line. Freed with free().
char *criteria_explanation(const struct criteria_verdict *verdict);
