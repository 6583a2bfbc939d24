// SPDX-License-Identifier: Apache-2.0
//
// Typing at the guest's console: keys that go out once the screen stands still, and are seen to have had their effect.
//
// A key may be swallowed by a guest that is still drawing, and a slow guest may take a key long before it shows it. So a
// key is sent again only while the very screen that it was sent to is still standing, each time after twice as long. Rows
// that never stand still (a clock, a spinner) do not count as a change.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "launcher/evidence/judge.h"
#include "launcher/screen/display.h"
#include "launcher/vm/vm.h"

enum {
        TYPING_RESTLESS_FACTOR = 20, // a screen that never stands still is answered after so many settle times
};

// Zeroed but for what it borrows and the two times.
struct typing {
        struct vm *vm;
        struct evidence *evidence;
        struct display *display;
        const struct judge *judge; // stops the typing where the guest panics
        uint64_t settle_us;        // a screen that has not changed for so long is complete
        uint64_t resend_us;        // a key without effect for so long was swallowed
        bool is_secret;            // what is typed now is not to be told, nor how long it is
        bool leaving;              // the guest may reset or power off now: that is an effect, too

        // The rows as they were looked at last, how often each has changed since the screen was new, and when.
        uint64_t looked_us, picture;
        uint64_t rows[CONSOLE_ROWS], row_changed_us[CONSOLE_ROWS];
        unsigned row_changes[CONSOLE_ROWS];

        // What the last key was sent to.
        uint64_t sent_us, sent_picture, sent_rows[CONSOLE_ROWS];
        unsigned resends; // of that key
};

struct console *typing_console(const struct typing *typing);

// Fills ERR with the message and the text of the screen. Returns false.
bool typing_fail(const struct typing *typing, enum error_code code, struct error *err, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

// Waits for the guest's next output or event, at most until DEADLINE_US. Fails if there is nothing left to wait for:
// ERROR_PANIC, ERROR_NO if the guest reset or powered itself off, ERROR_ENVIRONMENT if QEMU ended,
// ERROR_INTERRUPTED.
bool typing_wait(struct typing *typing, uint64_t deadline_us, struct error *err);

// Waits until the screen is worth a look: the guest has been quiet for the settle time, or has been talking for twice as
// long; at most until DEADLINE_US. Then looks. Fails as typing_wait does.
bool typing_look(struct typing *typing, uint64_t deadline_us, struct error *err);

// From now on another screen is there: no row of it is known to be restless.
void typing_begin_screen(struct typing *typing);

// How long the screen has looked as it does.
uint64_t typing_still_us(const struct typing *typing);

// Waits until the screen stands still, or has been restless for long. Fails as typing_wait does.
bool typing_settle(struct typing *typing, struct error *err);

// Whether the screen is the very one that the last key was sent to, restless rows aside.
bool typing_unanswered(const struct typing *typing);

// Sends the key of that name (keys.h) and sees that it has its effect. ERROR_TIMED_OUT where it has none however often it
// is sent; or as typing_wait.
bool typing_key(struct typing *typing, const char *name, struct error *err);

// Sends a key that may have no visible effect, once, and gives it a little time.
bool typing_silent_key(struct typing *typing, const char *name, struct error *err);

// Sends a key whose effect the caller awaits.
bool typing_last_key(struct typing *typing, const char *name, struct error *err);

// When the last key, as things stand, will have been waited for so long that it has to be sent again if its screen is still
// there.
uint64_t typing_overdue_at_us(const struct typing *typing);

// Sends a key and waits for PATIENCE_US at most; *MOVED says whether the screen has changed.
bool typing_try_key(struct typing *typing, const char *name, uint64_t patience_us, bool *moved, struct error *err);

// Types TEXT, character by character; SHOWN is what the evidence says in its place, once, whatever its length.
bool typing_text(struct typing *typing, const char *text, const char *shown, struct error *err);
