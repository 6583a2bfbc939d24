// SPDX-License-Identifier: Apache-2.0
//
// Which steps of a phase may come next, and which of them is on a screen.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "launcher/machine/profile.h"

struct expectation {
        const struct profile_phase *phase; // borrowed
        enum profile_when over;            // what may happen to the system on the disk
        bool *steps;                       // which may come
        size_t position;                   // the first of them
        bool anywhere;                     // any step may come
};

// Expects the first step. Free with expectation_end.
struct expectation expectation_begin(const struct profile_phase *phase, enum profile_when over);
void expectation_end(struct expectation *next);

// Expects the step at POSITION and, while those are optional, the ones after it; nothing else.
void expectation_only(struct expectation *next, size_t position);

// Expects what may follow STEP. An anytime step without `then` changes nothing.
void expectation_after(struct expectation *next, const struct profile_step *step);

// Also expects one more step than now: a key that was sent twice may have answered a screen before it was seen.
void expectation_more(struct expectation *next);

// Expects any step.
void expectation_anywhere(struct expectation *next);

// Of the steps that may come, the required one with the longest timeout; never NULL.
const struct profile_step *expectation_wanted(const struct expectation *next);

// Whether the user allows what STEP does.
bool expectation_allows(const struct expectation *next, const struct profile_step *step);

// The step that may come and is on SCREEN (a console's text), anytime steps first; NULL if none. SKIPPED is an anytime
// step that is left out; NULL for none.
const struct profile_step *expectation_find(const struct expectation *next, const char *screen,
                                            const struct profile_step *skipped);

// A step that is on SCREEN, although it may not come; NULL if none.
const struct profile_step *expectation_surprise(const struct expectation *next, const char *screen);

// Whether STEP is on SCREEN.
bool step_is_on(const struct profile_step *step, const char *screen);

// The last of a phase's steps, which ends it.
const struct profile_step *phase_last_step(const struct profile_phase *phase);

// The number of steps and anytime steps, and the index of one of them: steps first.
size_t phase_step_total(const struct profile_phase *phase);
size_t phase_index(const struct profile_phase *phase, const struct profile_step *step);
bool phase_is_anytime(const struct profile_phase *phase, const struct profile_step *step);

// The step with that index.
const struct profile_step *phase_step_at(const struct profile_phase *phase, size_t index);
