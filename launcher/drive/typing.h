// SPDX-License-Identifier: Apache-2.0
//
// Types at the guest's console: sends a key once the screen has stopped changing, and checks that it has an effect.
//
// A guest that is still drawing may lose a key, and a slow guest may take long to show its effect. So a key is sent
// again only while the screen that it was sent to is unchanged, each time after twice as long. Rows that change all the
// time (a clock, a spinner: "restless" rows) do not count as a change.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/evidence/judge.h"
#include "launcher/screen/display.h"
#include "launcher/vm/vm.h"

enum {
        TYPING_RESTLESS_FACTOR = 20, // a screen that never stops changing is answered after this many settle times
};

// The caller sets the borrowed members and the two times, and zeroes the rest.
struct typing {
        struct vm *vm;
        struct evidence *evidence;
        struct display *display;
        const struct judge *judge; // stops the typing if the guest panics
        const char *job;           // what ends if the guest does: "installation"
        uint64_t settle_us;        // a screen that has not changed for this long is complete
        uint64_t resend_us;        // a key without effect for this long was lost
        bool is_secret;            // neither the text nor its length may be recorded
        bool leaving;              // the guest may reset or power off now; that counts as an effect

        // The rows at the last look, how often each has changed by itself, and when it changed last.
        uint64_t looked_us, picture;
        uint64_t rows[CONSOLE_ROWS], row_changed_us[CONSOLE_ROWS];
        unsigned row_changes[CONSOLE_ROWS];

        // The screen that the last key was sent to.
        uint64_t sent_us, sent_picture, sent_rows[CONSOLE_ROWS];
        bool was_restless[CONSOLE_ROWS];
        unsigned resends; // of that key
};

struct console *typing_console(const struct typing *typing);

// Sets ERR to the message and the text of the screen. Returns false.
bool typing_fail(const struct typing *typing, enum error_code code, struct error *err, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

// Waits for the guest's next output or event, at most until DEADLINE_US. Fails with ERROR_PANIC, ERROR_NO if the guest
// reset or powered itself off, ERROR_ENVIRONMENT if QEMU exited, ERROR_INTERRUPTED.
bool typing_wait(struct typing *typing, uint64_t deadline_us, struct error *err);

// Waits until the guest has printed nothing for the settle time, or has printed for twice as long, at most until
// DEADLINE_US; then looks at the screen. Fails as typing_wait does.
bool typing_look(struct typing *typing, uint64_t deadline_us, struct error *err);

// A new screen is there: only the rows that were restless on the one before may be so on this one.
void typing_begin_screen(struct typing *typing);

// How long the screen has not changed.
uint64_t typing_still_us(const struct typing *typing);

// How long nothing but restless rows has changed; if every row is restless, how long none has.
uint64_t typing_calm_us(const struct typing *typing);

// Waits until the screen has stopped changing, or has been restless for too long. Fails as typing_wait does.
bool typing_settle(struct typing *typing, struct error *err);

// Whether the screen is still the one that the last key was sent to, not counting restless rows. A single row that has
// just changed does not count either, before it has stood still for a moment: it may be a clock.
bool typing_unanswered(const struct typing *typing);

// Sends the key NAME (keys.h) until it has an effect. ERROR_TIMED_OUT if it has none after several attempts; or fails
// as typing_wait.
bool typing_key(struct typing *typing, const char *name, struct error *err);

// Sends a key that may have no visible effect, once, and waits briefly.
bool typing_silent_key(struct typing *typing, const char *name, struct error *err);

// Sends a key once; the caller waits for its effect.
bool typing_last_key(struct typing *typing, const char *name, struct error *err);

// When the last key must be sent again if its screen is still there.
uint64_t typing_overdue_at_us(const struct typing *typing);

// Sends a key and waits at most PATIENCE_US; *MOVED is whether the screen has changed.
bool typing_try_key(struct typing *typing, const char *name, uint64_t patience_us, bool *moved, struct error *err);

// Types TEXT into a field that shows it. No character is sent twice: if the screen does not show TEXT once more than
// before, the field is emptied and it is typed anew. The evidence has SHOWN, once. ERROR_TIMED_OUT if the field stays
// wrong; or fails as typing_wait.
bool typing_text(struct typing *typing, const char *text, const char *shown, struct error *err);

// Types a password into a field that shows an asterisk for each character. No character is sent twice, however long
// the guest takes: if the number of asterisks tells that one was lost, the field is emptied and typed anew. The evidence
// shows SHOWN, once, whatever TEXT's length. ERROR_TIMED_OUT if the field stays wrong; or fails as typing_wait.
bool typing_secret(struct typing *typing, const char *text, const char *shown, struct error *err);
