// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/keys.h"
#include "launcher/screen.h"

enum {
        TICK_US = 100000,     // how often the display lives
        RESTLESS_FACTOR = 20, // a screen that never stands still is answered after so many settle times
        KEY_TRIES = 5,        // how often a key without effect is sent
        QUIET_KEY_FACTOR = 4, // settle times that a key with no visible effect is given
        LIST_LIMIT = 200,     // moves in a list before its end is given up
};

struct driver {
        const struct drive_input *in;
        const struct profile_phase *phase;
        unsigned *times; // how often each step was taken, steps first, then the anytime ones
        const struct profile_step *previous;
        uint64_t sent_us;         // when the last key was sent
        uint64_t sent_picture;    // what the screen showed then
        uint64_t matched_picture; // the picture for which `matched` holds
        const struct profile_step *matched;
        uint64_t restless_since_us; // since when `matched` has been on a screen that does not stand still
};

static struct console *console_of(const struct driver *driver)
{
        return vm_console(driver->in->vm);
}

// The screen as it stands, for an error message.
static bool fail_with_screen(const struct driver *driver, enum error_code code, struct error *err, const char *what)
{
        const char *screen = console_text(console_of(driver));
        return error_set(err, code, "%s. The screen shows:\n%s", what,
                         *screen ? screen : "(nothing at all: the guest has printed nothing)\n");
}

// Waits until DEADLINE_US or the next sign of the guest. Fails where there is nothing left to wait for.
static bool wait_for_guest(struct driver *driver, uint64_t deadline_us, struct error *err)
{
        struct vm *vm = driver->in->vm;
        uint64_t tick = time_now_us() + TICK_US;
        enum vm_event event;
        unsigned resets = vm_state(vm)->resets;
        if (!vm_wait(vm, deadline_us < tick ? deadline_us : tick, &event, err))
                return false;
        display_tick(driver->in->display);
        if (!judge_check(driver->in->judge, err))
                return false;
        if (vm_state(vm)->panicked)
                return fail_with_screen(driver, ERROR_PANIC, err, "the guest reported a panic");
        if (vm_state(vm)->resets > resets)
                return fail_with_screen(driver, ERROR_NO, err, "the guest reset itself in the middle");
        if (vm_state(vm)->ended)
                return vm_state(vm)->shut_down
                               ? fail_with_screen(driver, ERROR_NO, err, "the guest powered itself off in the middle")
                               : vm_fail_ended(vm, err);
        return true;
}

// How long the screen has looked as it does.
static uint64_t still_us(const struct driver *driver)
{
        uint64_t changed = console_changed_us(console_of(driver));
        return time_now_us() - changed;
}

static uint64_t settle_us(const struct driver *driver)
{
        return (uint64_t)driver->in->profile->settle_ms * 1000;
}

static uint64_t resend_us(const struct driver *driver)
{
        return (uint64_t)driver->in->profile->resend_ms * 1000;
}

static bool send(struct driver *driver, const char *bytes, size_t size, const char *shown, struct error *err)
{
        evidence_event(driver->in->evidence, "key",
                       json_pack("{s:s, s:f}", "key", shown, "still_ms", (double)still_us(driver) / 1000));
        driver->sent_us = time_now_us();
        driver->sent_picture = console_picture(console_of(driver));
        return vm_send(driver->in->vm, bytes, size, err);
}

// Sends a key and sees that the screen answers. Where it does not, the key was swallowed and goes out again.
static bool send_until_answered(struct driver *driver, const char *bytes, size_t size, const char *shown,
                                struct error *err)
{
        for (unsigned attempt = 0; attempt < KEY_TRIES; attempt++) {
                uint64_t before = console_picture(console_of(driver));
                if (!send(driver, bytes, size, shown, err))
                        return false;
                uint64_t deadline = time_now_us() + resend_us(driver);
                while (time_now_us() < deadline) {
                        if (!wait_for_guest(driver, deadline, err))
                                return false;
                        if (console_picture(console_of(driver)) != before)
                                return true;
                }
        }
        AUTO_FREE char *what = text_format("the key %s has no effect, though it was sent %d times", shown, KEY_TRIES);
        return fail_with_screen(driver, ERROR_TIMED_OUT, err, what);
}

// Waits until the screen stands still, or has been restless for long.
static bool let_settle(struct driver *driver, struct error *err)
{
        uint64_t give_up = time_now_us() + RESTLESS_FACTOR * settle_us(driver);
        for (;;) {
                uint64_t still_at = console_changed_us(console_of(driver)) + settle_us(driver);
                if (time_now_us() >= (still_at < give_up ? still_at : give_up))
                        return true;
                if (!wait_for_guest(driver, still_at < give_up ? still_at : give_up, err))
                        return false;
        }
}

// Gives a key that may have no visible effect a little time to have one.
static bool let_pass(struct driver *driver, struct error *err)
{
        uint64_t until = time_now_us() + QUIET_KEY_FACTOR * settle_us(driver);
        while (time_now_us() < until) {
                if (!wait_for_guest(driver, until, err))
                        return false;
        }
        return let_settle(driver, err);
}

static bool type_password(struct driver *driver, struct error *err)
{
        for (const char *at = driver->in->password; *at; at++) {
                if (!send_until_answered(driver, at, 1, "<password>", err))
                        return false;
        }
        return let_settle(driver, err);
}

// Finds the target in the part of the list that is on the screen. False where it is not there.
static bool find_target(struct driver *driver, const struct screen_disk *disks, unsigned count, unsigned *target)
{
        for (unsigned i = 0; i < count; i++) {
                if (screen_disk_fits(&disks[i], driver->in->disk_size)) {
                        *target = disks[i].row;
                        return true;
                }
        }
        return false;
}

static bool press(struct driver *driver, const char *key, struct error *err)
{
        return send_until_answered(driver, key_bytes(key), strlen(key_bytes(key)), key, err) && let_settle(driver, err);
}

// Where the list does not show which row is selected, it is the first one, and the moves are counted.
static bool move_blindly(struct driver *driver, unsigned moves, struct error *err)
{
        while (moves--) {
                if (!send(driver, key_bytes("Down"), strlen(key_bytes("Down")), "Down", err) || !let_pass(driver, err))
                        return false;
        }
        return true;
}

static bool choose_disk(struct driver *driver, struct error *err)
{
        uint64_t deadline = time_now_us() + resend_us(driver);
        for (unsigned moves = 0; moves < LIST_LIMIT; moves++) {
                struct screen_disk disks[CONSOLE_ROWS];
                unsigned count = screen_disks(console_of(driver), driver->in->profile->disk_row, disks, CONSOLE_ROWS);
                if (!count && time_now_us() < deadline) {
                        if (!let_pass(driver, err))
                                return false;
                        continue;
                }
                if (!count)
                        return fail_with_screen(driver, ERROR_TIMED_OUT, err,
                                                "there is no list of disks on the screen");
                unsigned target;
                bool visible = find_target(driver, disks, count, &target);
                int selected = console_selected_row(console_of(driver), disks[0].row, disks[count - 1].row);
                if (visible && selected == (int)target)
                        return true;
                if (visible && selected < 0)
                        return move_blindly(driver, target - disks[0].row, err);
                if (!visible && selected < 0)
                        break;
                // A list that is longer than the screen scrolls at its lower edge; at its end the key has no effect.
                bool up = visible && selected > (int)target;
                if (!press(driver, up ? "Up" : "Down", err)) {
                        error_wrap(err, "the target disk is not in the list");
                        return false;
                }
        }
        AUTO_FREE char *size = text_size(driver->in->disk_size);
        AUTO_FREE char *what = text_format("no disk of %s is in the list", size);
        return fail_with_screen(driver, ERROR_NO, err, what);
}

static bool send_key(struct driver *driver, const char *key, bool last, struct error *err)
{
        if (strcmp(key, "<password>") == 0)
                return type_password(driver, err);
        if (strcmp(key, "<target-disk>") == 0)
                return choose_disk(driver, err);
        size_t length = strlen(key);
        bool may_be_silent = length > 1 && key[length - 1] == '?';
        AUTO_FREE char *name = text_format("%.*s", (int)(length - may_be_silent), key);
        const char *bytes = key_bytes(name);
        // Whether the last key of a step was taken shows in what comes next; await_step sends it again if need be.
        if (last)
                return send(driver, bytes, strlen(bytes), name, err);
        if (may_be_silent)
                return send(driver, bytes, strlen(bytes), name, err) && let_pass(driver, err);
        return send_until_answered(driver, bytes, strlen(bytes), name, err) && let_settle(driver, err);
}

static size_t index_of(const struct driver *driver, const struct profile_step *step)
{
        bool anytime = step < driver->phase->steps || step >= driver->phase->steps + driver->phase->step_count;
        return anytime ? driver->phase->step_count + (size_t)(step - driver->phase->anytime)
                       : (size_t)(step - driver->phase->steps);
}

// The steps that may come at POSITION: the optional ones from there on and the first that is not. Returns their end.
static size_t candidates_end(const struct profile_phase *phase, size_t position)
{
        while (position + 1 < phase->step_count && phase->steps[position].optional)
                position++;
        return position + 1;
}

static const struct profile_step *find_step(const struct profile_phase *phase, size_t position, const char *screen)
{
        for (size_t i = 0; i < phase->anytime_count; i++) {
                if (screen_matches(phase->anytime[i].screen, screen))
                        return &phase->anytime[i];
        }
        for (size_t i = position; i < candidates_end(phase, position); i++) {
                if (screen_matches(phase->steps[i].screen, screen))
                        return &phase->steps[i];
        }
        return NULL;
}

// The step on the screen, once it stands still: NULL where there is none yet.
static const struct profile_step *look(struct driver *driver, size_t position)
{
        uint64_t picture = console_picture(console_of(driver));
        uint64_t now = time_now_us();
        bool still = still_us(driver) >= settle_us(driver);
        bool restless = driver->matched && now - driver->restless_since_us >= RESTLESS_FACTOR * settle_us(driver);
        if (picture != driver->matched_picture) {
                const char *screen = console_text(console_of(driver));
                const struct profile_step *before = driver->matched;
                driver->matched = find_step(driver->phase, position, screen);
                driver->matched_picture = picture;
                if (driver->matched != before)
                        driver->restless_since_us = now;
                if (driver->previous && driver->previous->percent)
                        display_percent(driver->in->display, screen_number(driver->previous->percent, screen));
        }
        // What the last key was sent to is still there: whatever it shows is not news.
        bool unanswered = driver->previous && driver->previous->key_count && picture == driver->sent_picture;
        return (still || restless) && !unanswered ? driver->matched : NULL;
}

// The screen still shows the last step and nothing moves: its last key was swallowed.
static bool was_swallowed(const struct driver *driver)
{
        const struct profile_step *previous = driver->previous;
        return previous && previous->key_count && time_now_us() - driver->sent_us >= resend_us(driver) &&
               still_us(driver) >= resend_us(driver) &&
               screen_matches(previous->screen, console_text(console_of(driver)));
}

static bool resend(struct driver *driver, struct error *err)
{
        const char *key = driver->previous->keys[driver->previous->key_count - 1];
        return send_key(driver, key, true, err);
}

// A step that did not come: which, how long it was waited for, and what was on the screen instead.
static bool fail_step(const struct driver *driver, const struct profile_step *step, struct error *err)
{
        AUTO_FREE char *what = text_format("the step '%s' (%s) did not come within %u s", step->id, step->title,
                                           (unsigned)step->wait_s);
        return fail_with_screen(driver, ERROR_TIMED_OUT, err, what);
}

// Waits for the next step at POSITION.
static bool await_step(struct driver *driver, size_t position, const struct profile_step **step, struct error *err)
{
        const struct profile_step *wanted = &driver->phase->steps[candidates_end(driver->phase, position) - 1];
        uint64_t deadline = time_now_us() + (uint64_t)wanted->wait_s * 1000000;
        driver->matched_picture = 0;
        driver->matched = NULL;
        bool installing = driver->previous && driver->previous->percent;
        display_waiting(driver->in->display, "%s%s ...",
                        installing ? "" : "waiting for: ", installing ? driver->previous->title : wanted->title);
        for (;;) {
                *step = look(driver, position);
                if (*step)
                        return true;
                uint64_t now = time_now_us();
                if (now >= deadline)
                        return fail_step(driver, wanted, err);
                if (was_swallowed(driver) && !resend(driver, err))
                        return false;
                uint64_t still_at = console_changed_us(console_of(driver)) + settle_us(driver);
                uint64_t wake = driver->matched && still_at < deadline ? still_at : deadline;
                if (!wait_for_guest(driver, wake, err))
                        return false;
        }
}

static const struct profile_step *last_step(const struct profile_phase *phase)
{
        return &phase->steps[phase->step_count - 1];
}

static bool take_step(struct driver *driver, const struct profile_step *step, struct error *err)
{
        if (++driver->times[index_of(driver, step)] > step->limit) {
                AUTO_FREE char *what = text_format("the step '%s' (%s) came more than %u times", step->id, step->title,
                                                   (unsigned)step->limit);
                return fail_with_screen(driver, ERROR_NO, err, what);
        }
        display_step(driver->in->display, "%s", step->title);
        evidence_event(driver->in->evidence, "step",
                       json_pack("{s:s, s:s, s:s}", "step", step->id, "title", step->title, "screen",
                                 console_text(console_of(driver))));
        if (step == last_step(driver->phase))
                return true;
        for (size_t i = 0; i < step->key_count; i++) {
                if (!send_key(driver, step->keys[i], i + 1 == step->key_count, err))
                        return error_wrap(err, "step '%s'", step->id);
        }
        driver->previous = step;
        return true;
}

static size_t position_after(const struct driver *driver, const struct profile_step *step, size_t position)
{
        if (step->then)
                return index_of(driver, profile_step(driver->phase, step->then));
        size_t index = index_of(driver, step);
        return index < driver->phase->step_count ? index + 1 : position;
}

bool drive_install(const struct drive_input *input, struct error *err)
{
        struct driver driver = {.in = input, .phase = &input->profile->install};
        AUTO_FREE unsigned *times =
                memory_new(driver.phase->step_count + driver.phase->anytime_count, sizeof *driver.times);
        driver.times = times;
        for (size_t position = 0; position < driver.phase->step_count;) {
                const struct profile_step *step;
                if (!await_step(&driver, position, &step, err) || !take_step(&driver, step, err))
                        return false;
                position = position_after(&driver, step, position);
        }
        display_percent(input->display, -1);
        return true;
}

bool drive_reboot(const struct drive_input *input, struct error *err)
{
        struct driver driver = {.in = input, .phase = &input->profile->install};
        const struct profile_step *step = last_step(driver.phase);
        for (size_t i = 0; i < step->key_count; i++) {
                if (!send_key(&driver, step->keys[i], false, err))
                        return error_wrap(err, "step '%s'", step->id);
        }
        return true;
}
