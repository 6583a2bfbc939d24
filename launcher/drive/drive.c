// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/drive.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/drive/choices.h"
#include "launcher/drive/expect.h"
#include "launcher/drive/rows.h"
#include "launcher/drive/screen-match.h"
#include "launcher/drive/typing.h"

struct drive {
        struct drive_input in;
        struct typing typing;
        const struct profile_phase *phase;
        struct expectation next;             // which of the steps may come
        unsigned *times;                     // how often each step was taken: steps, then anytime steps
        unsigned *timeouts;                  // how often each step timed out
        uint64_t step_us;                    // when the last step was taken
        unsigned questions;                  // rows that asked for a key when the last step was taken
        bool has_taken;                      // a step
        bool begun;                          // called before: the user may have typed since
        bool met_unknown;                    // a screen that no step knows ended the last drive_install
        const struct profile_step *previous; // the one whose keys were sent last
        const struct profile_step *at;       // reached or awaited
        uint64_t matched_picture;            // the picture that `matched` was found on
        const struct profile_step *matched;
        uint64_t matched_since_us;
};

struct drive *drive_new(const struct drive_input *input)
{
        struct drive *drive = memory_new(1, sizeof *drive);
        const struct profile *profile = input->profile;
        drive->in = *input;
        drive->phase = input->task ? &input->task->phase : &profile->install;
        drive->at = drive->phase->steps;
        drive->next = expectation_begin(drive->phase, input->over);
        drive->times = memory_new(phase_step_total(drive->phase), sizeof *drive->times);
        drive->timeouts = memory_new(phase_step_total(drive->phase), sizeof *drive->timeouts);
        drive->step_us = time_now_us();
        drive->typing = (struct typing){
                .vm = input->vm,
                .evidence = input->evidence,
                .display = input->display,
                .judge = input->judge,
                .job = input->task ? "task" : "installation",
                .settle_us = (uint64_t)profile->settle_ms * 1000,
                .resend_us = (uint64_t)profile->resend_ms * 1000,
        };
        return drive;
}

void drive_free(struct drive **drive)
{
        if (!*drive)
                return;
        expectation_end(&(*drive)->next);
        free((*drive)->times);
        free((*drive)->timeouts);
        free(*drive);
        *drive = NULL;
}

const char *drive_step(const struct drive *drive)
{
        return drive->at->id;
}

bool drive_check_until(const struct profile *profile, const char *step, struct error *err)
{
        if (profile_any_step(&profile->install, step))
                return true;
        const char *nearest = profile_nearest_step(&profile->install, step);
        error_set(err, ERROR_USAGE, "the profile %s has no step '%s'", profile->name, step);
        if (nearest)
                return error_append(err, "; did you mean '%s'?", nearest);
        error_append(err, "; it has");
        for (size_t i = 0; i < profile->install.step_count; i++)
                error_append(err, " %s", profile->install.steps[i].id);
        return false;
}

// Which step is on the screen.

// A step without keys changes nothing: while its screen stays, it is not a new step.
static bool is_done(const struct drive *drive)
{
        return drive->previous && !drive->previous->key_count;
}

static void match(struct drive *drive)
{
        const char *screen = console_text(typing_console(&drive->typing));
        const struct profile_step *before = drive->matched;
        drive->matched = expectation_find(&drive->next, screen, is_done(drive) ? drive->previous : NULL);
        drive->matched_picture = drive->typing.picture;
        if (drive->matched != before) {
                drive->matched_since_us = time_now_us();
                typing_begin_screen(&drive->typing);
        }
        if (drive->previous && drive->previous->percent_pattern)
                display_percent(drive->in.display, screen_number(drive->previous->percent_pattern, screen));
}

// Whether the screen is still the one that the last key was sent to, not counting rows that change all the time.
static bool is_old(const struct drive *drive)
{
        if (!drive->previous || !drive->previous->key_count)
                return false;
        return drive->typing.picture == drive->typing.sent_picture ||
               (drive->matched == drive->previous && typing_unanswered(&drive->typing));
}

// The step on the screen, once it has stopped changing; NULL if none yet.
static const struct profile_step *step_on_screen(struct drive *drive)
{
        const struct typing *typing = &drive->typing;
        if (typing->picture != drive->matched_picture)
                match(drive);
        bool still = typing_still_us(typing) >= typing->settle_us;
        bool restless = time_now_us() - drive->matched_since_us >= TYPING_RESTLESS_FACTOR * typing->settle_us;
        return (still || restless) && !is_old(drive) ? drive->matched : NULL;
}

// Taking a step.

static bool fail_in_step(const struct profile_step *step, struct error *err)
{
        return error_wrap(err, "in the step '%s' (%s)", step->id, step->title);
}

static bool send_key(struct drive *drive, const char *key, bool last, struct error *err)
{
        struct typing *typing = &drive->typing;
        vm_be_patient(drive->in.vm, false);
        if (strcmp(key, "<password>") == 0)
                return typing_secret(typing, drive->in.password, key, err);
        if (strcmp(key, "<target-disk>") == 0)
                return disk_list_choose(typing, drive->in.profile->disk_pattern, drive->in.profile->disk_end_pattern,
                                        &drive->in.disk, drive->in.payload_size, err);
        AUTO_FREE char *choice = profile_argument(key, "choose");
        if (choice)
                return choices_choose(typing, choice, err);
        AUTO_FREE char *row = profile_argument(key, "row");
        if (row)
                return rows_choose(typing, row, err);
        AUTO_FREE char *text = profile_argument(key, "text");
        if (text) {
                const struct fill none = {0};
                AUTO_FREE char *filled = fill_text(text, drive->in.fill ? drive->in.fill : &none, err);
                return filled && typing_text(typing, filled, key, err);
        }
        size_t length = strlen(key);
        bool may_be_silent = length > 1 && key[length - 1] == '?';
        AUTO_FREE char *name = text_format("%.*s", (int)(length - may_be_silent), key);
        // The next step shows whether the last key had an effect; if not, it is sent again.
        if (last)
                return typing_last_key(typing, name, err);
        return may_be_silent ? typing_silent_key(typing, name, err) : typing_key(typing, name, err);
}

// The step with `fail` that is on the screen; NULL if none is.
static const struct profile_step *refusal_on_screen(const struct drive *drive)
{
        const char *screen = console_text(typing_console(&drive->typing));
        for (size_t i = 0; i < drive->phase->anytime_count; i++) {
                const struct profile_step *step = &drive->phase->anytime[i];
                if (step->fail && expectation_allows(&drive->next, step) && step_is_on(step, screen))
                        return step;
        }
        return NULL;
}

// Whether the text that was just typed is refused. A message that is drawn after it gets a moment to be replaced.
static bool is_refused(struct drive *drive, bool *refused, struct error *err)
{
        uint64_t deadline = time_now_us() + TYPING_RESTLESS_FACTOR * drive->typing.settle_us;
        for (;;) {
                *refused = refusal_on_screen(drive);
                if (!*refused || time_now_us() >= deadline)
                        return true;
                if (!typing_look(&drive->typing, deadline, err))
                        return false;
        }
}

static bool send_keys(struct drive *drive, const struct profile_step *step, struct error *err)
{
        drive->typing.resends = 0;
        for (size_t i = 0; i < step->key_count; i++) {
                if (!send_key(drive, step->keys[i], i + 1 == step->key_count, err))
                        return fail_in_step(step, err);
                // The guest may have refused the text already: then the other keys are not sent.
                bool refused;
                if (strcmp(step->keys[i], "<password>") == 0) {
                        if (!is_refused(drive, &refused, err))
                                return fail_in_step(step, err);
                        if (refused)
                                return true;
                }
        }
        return true;
}

static void report_step(struct drive *drive, const struct profile_step *step)
{
        uint64_t now = time_now_us();
        display_step(drive->in.display, "%s", step->title);
        evidence_event(drive->in.evidence, "step",
                       json_pack("{s:s, s:s, s:f, s:s, s:s}", "step", step->id, "title", step->title, "seconds",
                                 (double)(now - drive->step_us) / 1e6, "screen",
                                 console_text(typing_console(&drive->typing)), "screen_ansi",
                                 console_text_ansi(typing_console(&drive->typing))));
        json_object_set_new(vm_status(drive->in.vm), "step", json_string(step->title));
        // Only a task's status has them.
        json_array_append_new(json_object_get(vm_status(drive->in.vm), "steps"), json_string(step->title));
        drive->step_us = now;
        drive->at = step;
}

// How many rows of the screen ask for a key. A box over a screen that is still to be seen behind it asks anew.
static unsigned questions(const struct drive *drive)
{
        unsigned count = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++)
                count += pattern_matches(drive->in.profile->asks_pattern,
                                         console_row(typing_console(&drive->typing), row));
        return count;
}

// Fails with what STEP says, and the words on the screen that it was recognised by.
static bool refuse(const struct drive *drive, const struct profile_step *step, struct error *err)
{
        AUTO_FREE char *words = pattern_group(step->screen_patterns[step->screen_count - 1], 0);
        return typing_fail(&drive->typing, ERROR_NO, err, "%s (\"%s\"): the step '%s' (%s) appeared", step->fail,
                           words ? words : "", step->id, step->title);
}

static bool take_step(struct drive *drive, const struct profile_step *step, struct error *err)
{
        report_step(drive, step);
        if (step->fail)
                return refuse(drive, step, err);
        if (++drive->times[phase_index(drive->phase, step)] > step->limit)
                return typing_fail(&drive->typing, ERROR_NO, err, "the step '%s' (%s) appeared more than %u time%s",
                                   step->id, step->title, (unsigned)step->limit, step->limit == 1 ? "" : "s");
        unsigned asking = questions(drive);
        if (!send_keys(drive, step, err))
                return false;
        drive->previous = step;
        drive->questions = asking;
        drive->has_taken = true;
        expectation_after(&drive->next, step);
        return true;
}

// Whether KEY selects a row of a list.
static bool selects(const char *key)
{
        AUTO_FREE char *row = profile_argument(key, "row");
        return row || strcmp(key, "<target-disk>") == 0;
}

// Sends the last key of the previous step again. If that step chose a row of a list, it is selected again first, because
// the list may have been redrawn.
static bool resend(struct drive *drive, struct error *err)
{
        const struct profile_step *step = drive->previous;
        unsigned resends = drive->typing.resends + 1;
        for (size_t i = 0; i + 1 < step->key_count; i++) {
                if (selects(step->keys[i]) && !send_key(drive, step->keys[i], false, err))
                        return fail_in_step(step, err);
        }
        drive->typing.resends = resends;
        expectation_more(&drive->next);
        return send_key(drive, step->keys[step->key_count - 1], true, err) || fail_in_step(step, err);
}

// Whether the previous step's screen is unchanged except for a clock: its last key was lost.
static bool was_swallowed(const struct drive *drive)
{
        const struct profile_step *previous = drive->previous;
        if (!previous || !previous->key_count || time_now_us() < typing_overdue_at_us(&drive->typing))
                return false;
        bool asks_anew = drive->questions && questions(drive) > drive->questions;
        return !asks_anew && step_is_on(previous, console_text(typing_console(&drive->typing)));
}

// Waiting for a step.

// If the screen is that of a step that may not come now, the profile may be wrong about the one that is missing.
static bool fail_surprised(const struct drive *drive, const struct profile_step *missing,
                           const struct profile_step *there, struct error *err)
{
        return typing_fail(&drive->typing, ERROR_TIMED_OUT, err,
                           "step timed out: '%s' (%s) did not appear within %u s, but the screen is that of the step "
                           "'%s' (%s), which %s",
                           missing->id, missing->title, (unsigned)missing->wait_s, there->id, there->title,
                           there > missing ? "comes only after that one; is that one optional?"
                                           : "may not come again here; should a `then` lead back to it?");
}

static bool fail_missing(const struct drive *drive, const struct profile_step *step, struct error *err)
{
        const char *screen = console_text(typing_console(&drive->typing));
        const struct profile_step *there = expectation_surprise(&drive->next, screen);
        if (there && (there != drive->previous || !typing_unanswered(&drive->typing)))
                return fail_surprised(drive, step, there, err);
        return typing_fail(&drive->typing, ERROR_TIMED_OUT, err, "step timed out: '%s' (%s) did not appear within %u s",
                           step->id, step->title, (unsigned)step->wait_s);
}

// A screen that asks for a key and that no step knows, for so long that it will not go by itself.
static bool is_unknown(const struct drive *drive)
{
        const struct typing *typing = &drive->typing;
        return !drive->matched && !typing_unanswered(typing) &&
               typing_calm_us(typing) >= (uint64_t)drive->in.profile->unknown_s * 1000000 &&
               pattern_matches(drive->in.profile->asks_pattern, console_text(typing_console(typing)));
}

// When a guest that prints nothing before the first step has hung; UINT64_MAX if it may be silent.
static uint64_t hangs_at_us(const struct drive *drive)
{
        uint64_t printed_us = vm_state(drive->in.vm)->last_output_us;
        uint64_t since_us = printed_us > drive->step_us ? printed_us : drive->step_us;
        bool may_hang = drive->phase->quiet_s && !drive->has_taken;
        return may_hang ? since_us + (uint64_t)drive->phase->quiet_s * 1000000 : UINT64_MAX;
}

static bool fail_hung(const struct drive *drive, struct error *err)
{
        return typing_fail(&drive->typing, ERROR_TIMED_OUT, err, "the installer hangs: it has printed nothing for %u s",
                           (unsigned)drive->phase->quiet_s);
}

static bool fail_unknown(struct drive *drive, struct error *err)
{
        drive->met_unknown = true;
        return typing_fail(&drive->typing, ERROR_NO, err,
                           "the %s has asked for something for %u s that no step of the profile %s knows",
                           drive->in.task ? "guest" : "installer", (unsigned)drive->in.profile->unknown_s,
                           drive->in.profile->name);
}

// Does what the profile specifies if STEP times out.
static bool time_out(struct drive *drive, const struct profile_step *step, struct error *err)
{
        bool can_resend = drive->previous && drive->previous->key_count;
        if (step->timeout == TIMEOUT_FAIL || (step->timeout == TIMEOUT_RESEND && !can_resend) ||
            ++drive->timeouts[phase_index(drive->phase, step)] > step->limit)
                return fail_missing(drive, step, err);
        evidence_event(drive->in.evidence, "timeout",
                       json_pack("{s:s, s:s}", "step", step->id, "action", step->on_timeout));
        if (step->timeout == TIMEOUT_RESEND)
                return resend(drive, err);
        drive->previous = NULL;
        if (step->timeout == TIMEOUT_SKIP)
                expectation_after(&drive->next, step);
        else
                expectation_only(&drive->next, phase_index(drive->phase, step->timeout_step));
        return true;
}

// When to look again even without output: the screen is then complete, or a key overdue.
static uint64_t next_decision(const struct drive *drive, uint64_t deadline)
{
        const struct typing *typing = &drive->typing;
        uint64_t now = time_now_us();
        uint64_t moments[] = {
                now - typing_still_us(typing) + typing->settle_us,
                drive->matched ? drive->matched_since_us + TYPING_RESTLESS_FACTOR * typing->settle_us : 0,
                typing_overdue_at_us(typing),
                now - typing_calm_us(typing) + (uint64_t)drive->in.profile->unknown_s * 1000000,
                hangs_at_us(drive),
        };
        for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
                if (moments[i] > now && moments[i] < deadline)
                        deadline = moments[i];
        }
        return deadline;
}

// Waits for a step that may come next. *STEP is NULL if none came in time and the profile handled that.
static bool await_step(struct drive *drive, const struct profile_step **step, struct error *err)
{
        const struct profile_step *wanted = expectation_wanted(&drive->next);
        uint64_t deadline = time_now_us() + (uint64_t)wanted->wait_s * 1000000;
        bool installing = drive->previous && drive->previous->percent;
        drive->at = wanted;
        drive->matched = NULL;
        drive->matched_picture = 0;
        display_waiting(drive->in.display, "%s%s ...",
                        installing ? "" : "waiting for: ", installing ? drive->previous->title : wanted->title);
        for (;;) {
                *step = step_on_screen(drive);
                if (*step)
                        return true;
                // No hurry before the first screen, at a progress bar, or while a known screen keeps changing.
                vm_be_patient(drive->in.vm, installing || !drive->previous || drive->matched);
                if (time_now_us() >= deadline)
                        return time_out(drive, wanted, err);
                if (time_now_us() >= hangs_at_us(drive))
                        return fail_hung(drive, err);
                if (is_unknown(drive))
                        return fail_unknown(drive, err);
                if (was_swallowed(drive) && !resend(drive, err))
                        return false;
                if (!typing_look(&drive->typing, next_decision(drive, deadline), err))
                        return error_wrap(err, "waiting for the step '%s' (%s)", wanted->id, wanted->title);
        }
}

// The user may have typed: any step may be on the screen.
static void resume(struct drive *drive)
{
        memset(drive->times, 0, phase_step_total(drive->phase) * sizeof *drive->times);
        memset(drive->timeouts, 0, phase_step_total(drive->phase) * sizeof *drive->timeouts);
        drive->previous = NULL;
        expectation_anywhere(&drive->next);
}

// Whether STEP is the one that UNTIL names, or comes after it.
static bool is_reached(const struct drive *drive, const struct profile_step *step, const struct profile_step *until)
{
        const struct profile_phase *phase = drive->phase;
        if (!until || phase_is_anytime(phase, step) || phase_is_anytime(phase, until))
                return until && step == until;
        return step >= until;
}

bool drive_install(struct drive *drive, const char *until, enum drive_end *end, struct error *err)
{
        const struct profile_step *stop = until ? profile_any_step(drive->phase, until) : NULL;
        if (until && !stop)
                return drive_check_until(drive->in.profile, until, err);
        if (drive->begun)
                resume(drive);
        else
                expectation_only(&drive->next, 0);
        drive->begun = true;
        drive->met_unknown = false;
        for (;;) {
                const struct profile_step *step;
                if (!await_step(drive, &step, err))
                        return false;
                if (!step)
                        continue;
                bool reached = is_reached(drive, step, stop);
                if (reached || step == phase_last_step(drive->phase)) {
                        report_step(drive, step);
                        drive->next.position = phase_is_anytime(drive->phase, step) ? drive->next.position
                                                                                    : phase_index(drive->phase, step);
                        display_percent(drive->in.display, -1);
                        *end = reached ? DRIVE_UNTIL : DRIVE_COMPLETE;
                        return true;
                }
                if (!take_step(drive, step, err))
                        return false;
        }
}

// Sends the last step's keys until they have an effect.
static bool send_last_keys(struct drive *drive, struct error *err)
{
        const struct profile_step *step = phase_last_step(drive->phase);
        drive->at = step;
        for (size_t i = 0; i < step->key_count; i++) {
                if (!send_key(drive, step->keys[i], false, err))
                        return fail_in_step(step, err);
        }
        return true;
}

bool drive_met_unknown(const struct drive *drive)
{
        return drive->met_unknown;
}

bool drive_is_stuck(const struct drive *drive, const struct error *err)
{
        return err->code == ERROR_TIMED_OUT || (err->code == ERROR_NO && drive->met_unknown);
}

bool drive_reboot(struct drive *drive, struct error *err)
{
        drive->typing.leaving = true;
        return send_last_keys(drive, err);
}

// A step on the screen from which the task can go on. After a screen that refused something, it begins anew.
static bool is_under_way(const struct drive *drive)
{
        const struct profile_phase *phase = drive->phase;
        const char *screen = console_text(typing_console(&drive->typing));
        if (refusal_on_screen(drive))
                return false;
        for (size_t i = 0; i < phase->step_count; i++) {
                if (step_is_on(&phase->steps[i], screen))
                        return true;
        }
        return false;
}

static bool begin_task(struct drive *drive, struct error *err)
{
        if (!typing_settle(&drive->typing, err))
                return false;
        drive->begun = is_under_way(drive);
        for (size_t i = 0; !drive->begun && i < drive->phase->begin_count; i++) {
                if (!send_key(drive, drive->phase->begin[i], false, err))
                        return error_wrap(err, "beginning the task");
                drive->begun = is_under_way(drive);
        }
        return true;
}

bool drive_task(struct drive *drive, struct error *err)
{
        enum drive_end end;
        return begin_task(drive, err) && drive_install(drive, NULL, &end, err) && send_last_keys(drive, err);
}
