// SPDX-License-Identifier: Apache-2.0
#include "launcher/jobs/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "launcher/drive/expect.h"
#include "launcher/screen/console.h"
#include "verify/log/logfile.h"

enum {
        CHANGED_ROWS = 3, // a screen that differs from the one before in fewer rows is the same one
        MOMENTS_LIMIT = 10000,
};

struct replay {
        const struct profile *profile;
        const struct profile_phase *phase;
        struct console *console;
        struct expectation next;
        bool *came; // by phase_index

        double time_s;               // of the last output
        bool has_output;             // any
        uint64_t rows[CONSOLE_ROWS]; // of the last unknown screen

        json_t *moments, *unknown;
        json_t *open;                    // the last of either, if its screen is still there; else NULL
        const struct profile_step *step; // of the open moment; NULL if its screen is unknown
        const struct profile_step *last; // the last one that is not an anytime step
        bool fits;
};

// Overwriting first: it takes most screens. A step that fails is the last to be considered.
static const struct profile_step *find_step(struct replay *replay, const char *screen, bool *expected)
{
        static const enum profile_when order[] = {WHEN_OVERWRITE, WHEN_UPGRADE, WHEN_KEEP};
        *expected = true;
        for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
                replay->next.over = order[i];
                const struct profile_step *step = expectation_find(&replay->next, screen, NULL);
                if (step)
                        return step;
        }
        // A box has closed again.
        *expected = replay->last && step_is_on(replay->last, screen);
        if (*expected)
                return replay->last;
        return expectation_surprise(&replay->next, screen);
}

static json_t *other_steps(const struct replay *replay, const struct profile_step *step, const char *screen)
{
        json_t *others = json_array();
        for (size_t i = 0; i < phase_step_total(replay->phase); i++) {
                const struct profile_step *other = phase_step_at(replay->phase, i);
                if (other != step && step_is_on(other, screen))
                        json_array_append_new(others, json_string(other->id));
        }
        return others;
}

static json_t *add_moment(json_t *list, double time_s)
{
        json_t *moment = json_pack("{s:f}", "time", time_s);
        if (json_array_size(list) < MOMENTS_LIMIT)
                json_array_append(list, moment);
        json_decref(moment);
        return json_array_get(list, json_array_size(list) - 1);
}

static void take_step(struct replay *replay, const struct profile_step *step, bool expected, double time_s,
                      const char *screen)
{
        replay->open = add_moment(replay->moments, time_s);
        replay->step = step;
        replay->last = phase_is_anytime(replay->phase, step) ? replay->last : step;
        replay->came[phase_index(replay->phase, step)] = true;
        replay->fits = replay->fits && expected;
        json_object_set_new(replay->open, "step", json_string(step->id));
        json_object_set_new(replay->open, "title", json_string(step->title));
        if (!expected)
                json_object_set_new(replay->open, "unexpected", json_true());
        json_t *others = other_steps(replay, step, screen);
        // An anytime step may be a box over another step's screen.
        if (json_array_size(others) && !phase_is_anytime(replay->phase, step))
                json_object_set(replay->open, "also", others);
        json_decref(others);
        if (step != phase_last_step(replay->phase))
                expectation_after(&replay->next, step);
}

static void note_unknown(struct replay *replay, double time_s, const char *screen)
{
        unsigned changed = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                uint64_t now = console_row_picture(replay->console, row);
                changed += now != replay->rows[row];
                replay->rows[row] = now;
        }
        if (replay->open && !replay->step && changed < CHANGED_ROWS)
                return;
        replay->open = add_moment(replay->unknown, time_s);
        replay->step = NULL;
        replay->fits = false;
        json_object_set_new(replay->open, "screen", json_string(screen));
}

// The screen that was complete at BEGAN_S stood until ENDED_S.
static void take_screen(struct replay *replay, double began_s, double ended_s)
{
        const char *screen = console_text(replay->console);
        bool expected;
        bool stays = replay->open && replay->step && step_is_on(replay->step, screen);
        const struct profile_step *step = stays ? replay->step : find_step(replay, screen, &expected);
        // A box over the screen of the last step comes first.
        const struct profile_step *over = stays ? expectation_find(&replay->next, screen, NULL) : NULL;
        if (over && phase_is_anytime(replay->phase, over) && over != step) {
                stays = false;
                expected = true;
                step = over;
        }
        // The last step is the end; before the first one, the guest has not been asked anything.
        if (!stays && replay->came[replay->phase->step_count - 1])
                step = NULL;
        bool counts = json_array_size(replay->moments) && !replay->came[replay->phase->step_count - 1];
        if (step && !stays)
                take_step(replay, step, expected, began_s, screen);
        else if (!step && counts && pattern_matches(replay->profile->asks_pattern, screen))
                note_unknown(replay, began_s, screen);
        else if (!step)
                replay->open = NULL;
        if (replay->open)
                json_object_set_new(replay->open, "duration",
                                    json_real(ended_s - json_number_value(json_object_get(replay->open, "time"))));
}

static void take_output(const char *bytes, size_t size, double time_s, void *context)
{
        struct replay *replay = context;
        double settle_s = (double)replay->profile->settle_ms / 1000;
        if (replay->has_output && time_s - replay->time_s >= settle_s)
                take_screen(replay, replay->time_s, time_s);
        console_feed(replay->console, bytes, size);
        replay->time_s = time_s;
        replay->has_output = true;
}

static json_t *conclude(struct replay *replay)
{
        json_t *unseen = json_array(), *absent = json_array();
        for (size_t i = 0; i < phase_step_total(replay->phase); i++) {
                const struct profile_step *step = phase_step_at(replay->phase, i);
                bool is_required = i < replay->phase->step_count && !step->optional;
                if (!replay->came[i])
                        json_array_append_new(is_required ? unseen : absent, json_string(step->id));
        }
        bool fits = replay->fits && !json_array_size(unseen);
        return json_pack("{s:b, s:O, s:O, s:o, s:o}", "fits", fits, "moments", replay->moments, "unknown",
                         replay->unknown, "unseen", unseen, "absent", absent);
}

json_t *replay_run(const struct profile *profile, const struct profile_phase *phase, const char *path,
                   struct error *err)
{
        struct logfile file;
        struct replay replay = {
                .profile = profile,
                .phase = phase,
                .console = console_new(),
                .next = expectation_begin(phase, WHEN_OVERWRITE),
                .came = memory_new(phase_step_total(phase), sizeof(bool)),
                .moments = json_array(),
                .unknown = json_array(),
                .fits = true,
        };
        bool played = logfile_play(path, take_output, &replay, &file, err);
        if (played && replay.has_output)
                take_screen(&replay, replay.time_s, replay.time_s);
        json_t *result = played ? conclude(&replay) : NULL;
        console_free(&replay.console);
        expectation_end(&replay.next);
        free(replay.came);
        json_decref(replay.moments);
        json_decref(replay.unknown);
        return result;
}
