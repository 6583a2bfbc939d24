// SPDX-License-Identifier: Apache-2.0
// How the guest waits: for a key, for the power button, or forever.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// The next key; KEY_NONE after about MILLISECONDS without one. Meanwhile the power button shuts the guest down, and the
// options that concern waiting apply.
struct key guest_key(struct guest *guest, uint64_t milliseconds);

// Waits forever; only the power button works.
_Noreturn void guest_idle(struct guest *guest);

// Prints a fatal error, and waits as guest_idle does.
_Noreturn void guest_stop(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));
