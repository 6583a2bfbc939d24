// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/expect.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "launcher/drive/screen-match.h"

const struct profile_step *phase_last_step(const struct profile_phase *phase)
{
        return &phase->steps[phase->step_count - 1];
}

size_t phase_step_total(const struct profile_phase *phase)
{
        return phase->step_count + phase->anytime_count;
}

bool phase_is_anytime(const struct profile_phase *phase, const struct profile_step *step)
{
        return step < phase->steps || step > phase_last_step(phase);
}

size_t phase_index(const struct profile_phase *phase, const struct profile_step *step)
{
        return phase_is_anytime(phase, step) ? phase->step_count + (size_t)(step - phase->anytime)
                                             : (size_t)(step - phase->steps);
}

const struct profile_step *phase_step_at(const struct profile_phase *phase, size_t index)
{
        return index < phase->step_count ? &phase->steps[index] : &phase->anytime[index - phase->step_count];
}

static void expect_from(struct expectation *next, size_t position)
{
        for (; position < next->phase->step_count; position++) {
                next->steps[position] = true;
                if (!next->phase->steps[position].optional)
                        break;
        }
}

struct expectation expectation_begin(const struct profile_phase *phase, enum profile_when over)
{
        struct expectation next = {.phase = phase, .over = over};
        next.steps = memory_new(phase->step_count, sizeof *next.steps);
        expect_from(&next, 0);
        return next;
}

void expectation_end(struct expectation *next)
{
        free(next->steps);
        next->steps = NULL;
}

void expectation_only(struct expectation *next, size_t position)
{
        memset(next->steps, 0, next->phase->step_count * sizeof *next->steps);
        next->position = position;
        next->anywhere = false;
        expect_from(next, position);
}

void expectation_after(struct expectation *next, const struct profile_step *step)
{
        if (!step->then_count) {
                if (!phase_is_anytime(next->phase, step))
                        expectation_only(next, phase_index(next->phase, step) + 1);
                return;
        }
        for (size_t i = 0; i < step->then_count; i++) {
                size_t position = phase_index(next->phase, profile_step(next->phase, step->then[i]));
                if (i == 0)
                        expectation_only(next, position);
                else
                        expect_from(next, position);
        }
}

void expectation_more(struct expectation *next)
{
        size_t last = next->phase->step_count;
        while (last > 0 && !next->steps[last - 1])
                last--;
        expect_from(next, last);
}

void expectation_anywhere(struct expectation *next)
{
        next->anywhere = true;
        for (size_t i = 0; i < next->phase->step_count; i++)
                next->steps[i] = true;
}

const struct profile_step *expectation_wanted(const struct expectation *next)
{
        const struct profile_step *wanted = NULL;
        for (size_t i = 0; i < next->phase->step_count; i++) {
                const struct profile_step *step = &next->phase->steps[i];
                bool comes = next->steps[i] && !step->optional;
                if (comes && (!wanted || step->wait_s > wanted->wait_s))
                        wanted = step;
        }
        return wanted;
}

bool expectation_allows(const struct expectation *next, const struct profile_step *step)
{
        return step->when == WHEN_ALWAYS || step->when == next->over;
}

bool step_is_on(const struct profile_step *step, const char *screen)
{
        return screen_matches(step->screen_patterns, step->screen_count, screen);
}

const struct profile_step *expectation_find(const struct expectation *next, const char *screen,
                                            const struct profile_step *skipped)
{
        const struct profile_phase *phase = next->phase;
        for (size_t i = 0; i < phase->anytime_count; i++) {
                if (&phase->anytime[i] != skipped && expectation_allows(next, &phase->anytime[i]) &&
                    step_is_on(&phase->anytime[i], screen))
                        return &phase->anytime[i];
        }
        for (size_t i = 0; i < phase->step_count; i++) {
                size_t place = (next->position + i) % phase->step_count;
                if (next->steps[place] && expectation_allows(next, &phase->steps[place]) &&
                    step_is_on(&phase->steps[place], screen))
                        return &phase->steps[place];
        }
        return NULL;
}

const struct profile_step *expectation_surprise(const struct expectation *next, const char *screen)
{
        for (size_t i = 0; i < next->phase->step_count; i++) {
                if (!next->steps[i] && step_is_on(&next->phase->steps[i], screen))
                        return &next->phase->steps[i];
        }
        return NULL;
}
