// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/typing.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/machine/keys.h"

enum {
        RESTLESS_CHANGES = 3,  // a row that has changed this often by itself is restless
        RESTLESS_ROWS = 4,     // if more rows than this are, something is being drawn
        RESTLESS_US = 5000000, // a row that has not changed for this long is not restless any more
        PROOF_US = 1200000,   // a single row that has changed since a key is its effect if it then stands still so long
        QUIET_KEY_FACTOR = 4, // settle times to wait after a key without visible effect
        KEY_TRIES = 5,        // how often a key without effect is sent
        SECRET_TRIES = 3,     // how often a password is typed
        SLOW_CHECK_US = 40000000, // what a guest may take to check a password while it is typed
        NARROW_FIELD = 40,        // characters of a text that any field shows
        DOUBLINGS = 6,            // of the time between two attempts
        KEY_US = 50000,           // until a key's effect is complete on a fast guest
        DIALOG_US = 100000,       // until the next dialog is
};

struct console *typing_console(const struct typing *typing)
{
        return vm_console(typing->vm);
}

bool typing_fail(const struct typing *typing, enum error_code code, struct error *err, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *what = text_format_list(format, arguments);
        va_end(arguments);
        const char *screen = console_text(typing_console(typing));
        return error_set(err, code, "%s. The screen shows:\n%s", what,
                         *screen ? screen : "(nothing: the guest has not printed anything)\n");
}

static bool fail_gone(const struct typing *typing, struct error *err)
{
        return vm_state(typing->vm)->shut_down
                       ? typing_fail(typing, ERROR_NO, err, "the guest powered itself off before the end of the %s",
                                     typing->job)
                       : vm_fail_ended(typing->vm, err);
}

bool typing_wait(struct typing *typing, uint64_t deadline_us, struct error *err)
{
        struct vm *vm = typing->vm;
        uint64_t due = display_due_us(typing->display);
        enum vm_event event;
        unsigned resets = vm_state(vm)->resets;
        if (!vm_wait(vm, deadline_us < due ? deadline_us : due, &event, err))
                return false;
        display_console_line(typing->display, judge_last_line(typing->judge));
        display_tick(typing->display);
        if (!judge_check(typing->judge, err))
                return false;
        if (vm_state(vm)->panicked)
                return typing_fail(typing, ERROR_PANIC, err, "the guest reported a panic");
        if (typing->leaving)
                return true;
        if (vm_state(vm)->resets > resets)
                return typing_fail(typing, ERROR_NO, err, "the guest reset itself before the end of the %s",
                                   typing->job);
        // During an installation, QEMU only pauses when the guest powers off.
        bool gone = vm_state(vm)->ended || vm_state(vm)->shut_down;
        return !gone || fail_gone(typing, err);
}

// Looking.

static void look(struct typing *typing)
{
        struct console *console = typing_console(typing);
        uint64_t picture = console_picture(console);
        bool is_first = !typing->looked_us;
        typing->looked_us = time_now_us();
        if (picture == typing->picture)
                return;
        typing->picture = picture;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                uint64_t now = console_row_picture(console, row);
                if (now == typing->rows[row])
                        continue;
                typing->rows[row] = now;
                typing->row_changed_us[row] = typing->looked_us;
                typing->row_changes[row] += !is_first;
        }
}

// When to look at the screen again; UINT64_MAX if nothing has happened since the last look.
static uint64_t next_look(const struct typing *typing)
{
        uint64_t quiet_us = vm_state(typing->vm)->last_output_us + typing->settle_us;
        uint64_t latest_us = typing->looked_us + 2 * typing->settle_us;
        if (quiet_us <= typing->looked_us)
                return UINT64_MAX;
        return quiet_us < latest_us ? quiet_us : latest_us;
}

bool typing_look(struct typing *typing, uint64_t deadline_us, struct error *err)
{
        for (;;) {
                uint64_t due = next_look(typing);
                uint64_t wake = due < deadline_us ? due : deadline_us;
                if (time_now_us() >= wake)
                        break;
                if (!typing_wait(typing, wake, err))
                        return false;
        }
        look(typing);
        return true;
}

void typing_begin_screen(struct typing *typing)
{
        for (unsigned row = 0; row < CONSOLE_ROWS; row++)
                typing->row_changes[row] = typing->was_restless[row] ? RESTLESS_CHANGES : 0;
}

static bool is_restless(const struct typing *typing, unsigned row)
{
        return typing->row_changes[row] >= RESTLESS_CHANGES &&
               typing->looked_us - typing->row_changed_us[row] < RESTLESS_US;
}

uint64_t typing_still_us(const struct typing *typing)
{
        uint64_t changed = console_changed_us(typing_console(typing));
        uint64_t now = time_now_us();
        return now > changed ? now - changed : 0;
}

bool typing_settle(struct typing *typing, struct error *err)
{
        uint64_t give_up = time_now_us() + TYPING_RESTLESS_FACTOR * typing->settle_us;
        look(typing);
        while (typing_still_us(typing) < typing->settle_us && time_now_us() < give_up) {
                if (!typing_look(typing, give_up, err))
                        return false;
        }
        return true;
}

// How many rows differ from what the last key was sent to, not counting restless ones. *LAST is the last of them.
static unsigned count_changed(const struct typing *typing, unsigned *last)
{
        unsigned count = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                if (is_restless(typing, row) || typing->rows[row] == typing->sent_rows[row])
                        continue;
                count++;
                *last = row;
        }
        return count;
}

// A single row that has changed may be a clock that nobody has watched yet: when it will have stood still for long
// enough to count as the key's effect. 0 if there is no such row.
static uint64_t proof_at_us(const struct typing *typing)
{
        unsigned row;
        return count_changed(typing, &row) == 1 ? typing->row_changed_us[row] + PROOF_US : 0;
}

bool typing_unanswered(const struct typing *typing)
{
        unsigned row;
        if (!typing->sent_us)
                return false;
        if (typing->picture == typing->sent_picture)
                return true;
        unsigned changed = count_changed(typing, &row);
        if (changed)
                return changed == 1 && time_now_us() < proof_at_us(typing);
        unsigned restless = 0;
        for (row = 0; row < CONSOLE_ROWS; row++)
                restless += is_restless(typing, row);
        return restless <= RESTLESS_ROWS;
}

// Sending.

static bool send(struct typing *typing, const char *bytes, size_t size, const char *shown, uint64_t answer_us,
                 struct error *err)
{
        if (!typing->is_secret)
                evidence_event(
                        typing->evidence, "key",
                        json_pack("{s:s, s:f}", "key", shown, "still_ms", (double)typing_still_us(typing) / 1000));
        look(typing);
        typing->sent_us = typing->looked_us;
        typing->sent_picture = typing->picture;
        memcpy(typing->sent_rows, typing->rows, sizeof typing->sent_rows);
        for (unsigned row = 0; row < CONSOLE_ROWS; row++)
                typing->was_restless[row] = is_restless(typing, row);
        return vm_send(typing->vm, bytes, size, answer_us, err);
}

static bool has_left(const struct typing *typing)
{
        const struct vm_state *state = vm_state(typing->vm);
        return typing->leaving && (state->resets || state->paused_at_reset || state->shut_down || state->ended);
}

// A change that a key caused does not make a row restless.
static void credit_key(struct typing *typing)
{
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                if (!is_restless(typing, row))
                        typing->row_changes[row] = 0;
        }
}

// Waits until the screen differs from the one that the last key was sent to.
static bool await_effect(struct typing *typing, uint64_t deadline_us, bool *seen, struct error *err)
{
        for (;;) {
                look(typing);
                *seen = !typing_unanswered(typing) || has_left(typing);
                if (*seen)
                        credit_key(typing);
                uint64_t proof_us = proof_at_us(typing);
                uint64_t until_us = proof_us > deadline_us ? proof_us : deadline_us;
                if (*seen || time_now_us() >= until_us)
                        return true;
                uint64_t wake_us = proof_us && proof_us < until_us ? proof_us : until_us;
                if (!typing_wait(typing, wake_us, err))
                        return false;
        }
}

static bool send_until_answered(struct typing *typing, const char *bytes, size_t size, const char *shown,
                                uint64_t answer_us, struct error *err)
{
        for (unsigned attempt = 0; attempt < KEY_TRIES; attempt++) {
                bool seen;
                typing->resends = attempt;
                if (!send(typing, bytes, size, shown, answer_us, err) ||
                    !await_effect(typing, typing->sent_us + (typing->resend_us << attempt), &seen, err))
                        return false;
                if (seen)
                        return true;
        }
        return typing_fail(typing, ERROR_TIMED_OUT, err, "the key %s had no effect, although it was sent %d times",
                           shown, KEY_TRIES);
}

bool typing_key(struct typing *typing, const char *name, struct error *err)
{
        const char *bytes = key_bytes(name);
        return send_until_answered(typing, bytes, strlen(bytes), name, KEY_US, err) &&
               (has_left(typing) || typing_settle(typing, err));
}

bool typing_silent_key(struct typing *typing, const char *name, struct error *err)
{
        const char *bytes = key_bytes(name);
        if (!send(typing, bytes, strlen(bytes), name, KEY_US, err))
                return false;
        uint64_t until = typing->sent_us + QUIET_KEY_FACTOR * typing->settle_us;
        while (time_now_us() < until) {
                if (!typing_wait(typing, until, err))
                        return false;
        }
        look(typing);
        credit_key(typing);
        return typing_settle(typing, err);
}

bool typing_last_key(struct typing *typing, const char *name, struct error *err)
{
        const char *bytes = key_bytes(name);
        return send(typing, bytes, strlen(bytes), name, DIALOG_US, err);
}

// When anything but a restless row last changed.
static uint64_t changed_us(const struct typing *typing)
{
        uint64_t changed = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                if (!is_restless(typing, row) && typing->row_changed_us[row] > changed)
                        changed = typing->row_changed_us[row];
        }
        return changed;
}

uint64_t typing_calm_us(const struct typing *typing)
{
        uint64_t changed = changed_us(typing);
        return changed ? time_now_us() - changed : typing_still_us(typing);
}

uint64_t typing_overdue_at_us(const struct typing *typing)
{
        unsigned doublings = typing->resends < DOUBLINGS ? typing->resends : DOUBLINGS;
        uint64_t patient_at = typing->sent_us + (typing->resend_us << doublings);
        // The guest has drawn nothing, or lines of a log over the screen that it has drawn again since.
        if (typing->picture == typing->sent_picture)
                return patient_at;
        uint64_t calm_at = changed_us(typing) + typing->resend_us;
        return patient_at > calm_at ? patient_at : calm_at;
}

bool typing_try_key(struct typing *typing, const char *name, uint64_t patience_us, bool *moved, struct error *err)
{
        const char *bytes = key_bytes(name);
        return send(typing, bytes, strlen(bytes), name, KEY_US, err) &&
               await_effect(typing, typing->sent_us + patience_us, moved, err) &&
               (!*moved || typing_settle(typing, err));
}

// How long the echo of the last character took. The next one usually takes as long, because guests poll for keys.
static uint64_t echo_time(const struct typing *typing)
{
        uint64_t echoed_us = vm_state(typing->vm)->last_output_us;
        uint64_t took_us = echoed_us > typing->sent_us ? echoed_us - typing->sent_us + VM_TICK_US : 0;
        return took_us < KEY_US ? took_us : KEY_US;
}

// The asterisks on the screen, one for each character of a password.
static size_t count_stars(const struct typing *typing)
{
        size_t count = 0;
        for (const char *text = console_text(typing_console(typing)); (text = strchr(text, '*')); text++)
                count++;
        return count;
}

// Waits until the screen has COUNT asterisks, or their number has not changed for PATIENCE_US, or for twice as long as
// the first of them took since SINCE_US. *STARS is their number.
static bool await_stars(struct typing *typing, size_t count, uint64_t since_us, uint64_t patience_us, size_t *stars,
                        struct error *err)
{
        uint64_t changed_us = time_now_us();
        *stars = count_stars(typing);
        for (;;) {
                look(typing);
                size_t now = count_stars(typing);
                if (now != *stars) {
                        changed_us = time_now_us();
                        uint64_t twice_us = 2 * (changed_us - since_us);
                        patience_us = twice_us > patience_us ? twice_us : patience_us;
                }
                *stars = now;
                if (now == count)
                        credit_key(typing);
                if (now == count || time_now_us() >= changed_us + patience_us)
                        return true;
                if (!typing_wait(typing, changed_us + patience_us, err))
                        return false;
        }
}

// Sends the characters of TEXT, each of them once. A guest that shows nothing may be slow: it gets the next character
// then. If it shows that one and not those before, *SENT characters are in vain; *TYPED is false.
static bool type_once(struct typing *typing, const char *text, const char *shown, size_t *sent, bool *typed,
                      struct error *err)
{
        uint64_t echo_us = 0, since_us = 0; // since then a character has not been shown
        size_t stars = count_stars(typing);
        size_t expected = stars;
        *typed = true;
        for (*sent = 0; *typed && text[*sent]; ++*sent) {
                size_t before = stars;
                since_us = stars == expected ? time_now_us() : since_us;
                if (!send(typing, text + *sent, 1, shown, echo_us, err) ||
                    !await_stars(typing, ++expected, since_us, 2 * typing->resend_us, &stars, err))
                        return false;
                echo_us = echo_time(typing);
                typing->is_secret = true;
                *typed = stars == expected || stars == before;
        }
        if (!*typed)
                return true;
        if (!await_stars(typing, expected, since_us, SLOW_CHECK_US, &stars, err) || !typing_settle(typing, err))
                return false;
        *typed = count_stars(typing) == expected;
        return true;
}

// Empties a field into which COUNT characters were sent, and which shows nothing if the screen has STARS asterisks.
static bool erase(struct typing *typing, size_t count, size_t stars, struct error *err)
{
        const char *bytes = key_bytes("Backspace");
        size_t left;
        for (size_t i = 0; i < count; i++) {
                if (!send(typing, bytes, strlen(bytes), "Backspace", 0, err) ||
                    !await_stars(typing, stars, typing->sent_us, 2 * typing->settle_us, &left, err))
                        return false;
        }
        return await_stars(typing, stars, typing->sent_us, SLOW_CHECK_US, &left, err);
}

static bool type_secret(struct typing *typing, const char *text, const char *shown, struct error *err)
{
        size_t stars = count_stars(typing);
        for (unsigned attempt = 0; attempt < SECRET_TRIES; attempt++) {
                size_t sent;
                bool typed;
                if (!type_once(typing, text, shown, &sent, &typed, err))
                        return false;
                if (typed)
                        return true;
                if (!erase(typing, sent, stars, err))
                        return false;
        }
        return typing_fail(typing, ERROR_TIMED_OUT, err, "%s was typed %d times, but the field never showed all of it",
                           shown, SECRET_TRIES);
}

bool typing_secret(struct typing *typing, const char *text, const char *shown, struct error *err)
{
        bool typed = type_secret(typing, text, shown, err);
        typing->is_secret = false;
        return typed;
}

// How often the screen has TEXT, or its end if a field may be too narrow for it.
static size_t count_text(const struct typing *typing, const char *text)
{
        size_t length = strlen(text);
        const char *end = length > NARROW_FIELD ? text + length - NARROW_FIELD : text;
        size_t count = 0;
        for (const char *at = console_text(typing_console(typing)); (at = strstr(at, end)); at++)
                count++;
        return count;
}

// Waits until the screen has TEXT more than BEFORE times, or nothing has changed for the resend time.
static bool await_text(struct typing *typing, const char *text, size_t before, bool *there, struct error *err)
{
        for (;;) {
                look(typing);
                *there = count_text(typing, text) > before;
                uint64_t until_us = typing->looked_us - typing_still_us(typing) + typing->resend_us;
                if (*there || time_now_us() >= until_us)
                        return true;
                if (!typing_wait(typing, until_us, err))
                        return false;
        }
}

// Sends the bytes of one key and waits until the screen has changed, but not for long: a field need not show it.
static bool send_into_field(struct typing *typing, const char *bytes, size_t size, const char *shown, struct error *err)
{
        if (!send(typing, bytes, size, shown, 0, err))
                return false;
        uint64_t until_us = typing->sent_us + QUIET_KEY_FACTOR * typing->settle_us;
        while (console_picture(typing_console(typing)) == typing->sent_picture && time_now_us() < until_us) {
                if (!typing_wait(typing, until_us, err))
                        return false;
        }
        typing->is_secret = true;
        return true;
}

static bool type_text(struct typing *typing, const char *text, const char *shown, struct error *err)
{
        const char *backspace = key_bytes("Backspace");
        size_t before = count_text(typing, text);
        for (unsigned attempt = 0; attempt < SECRET_TRIES; attempt++) {
                bool there;
                for (const char *at = text; *at; at++) {
                        if (!send_into_field(typing, at, 1, shown, err))
                                return false;
                }
                if (!await_text(typing, text, before, &there, err))
                        return false;
                credit_key(typing);
                if (there)
                        return typing_settle(typing, err);
                for (const char *at = text; *at; at++) {
                        if (!send_into_field(typing, backspace, strlen(backspace), "Backspace", err))
                                return false;
                }
        }
        return typing_fail(typing, ERROR_TIMED_OUT, err, "%s was typed %d times, but the screen never showed all of it",
                           shown, SECRET_TRIES);
}

bool typing_text(struct typing *typing, const char *text, const char *shown, struct error *err)
{
        if (!*text)
                return true;
        bool typed = type_text(typing, text, shown, err);
        typing->is_secret = false;
        return typed;
}
