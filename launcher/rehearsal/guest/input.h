// SPDX-License-Identifier: Apache-2.0
// How the guest waits: for a key, for the power button, or for ever.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// The next key; KEY_NONE after about that many milliseconds without one. Meanwhile the power button works (pressed, it
// shuts the guest down) and the options that concern waiting are obeyed.
struct key guest_key(struct guest *guest, uint64_t milliseconds);

// Waits for ever, for the power button alone.
_Noreturn void guest_idle(struct guest *guest);

// Something failed that the guest cannot do without: says so and waits for ever.
_Noreturn void guest_stop(struct guest *guest, const char *format, ...) __attribute__((format(printf, 2, 3)));
