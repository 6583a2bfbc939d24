// SPDX-License-Identifier: Apache-2.0
//
// Plays a recorded console to a phase of a guest profile, without a guest: which step would take which screen.
//
// A screen counts if it stood still for the profile's settle_ms. The recording shows what the keys of its own time led
// to; nothing is sent. The first step begins the phase, and the last one ends it: what is before and after does not
// matter.
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "launcher/machine/profile.h"

// Plays the recording at PATH (asciicast; see verify/log/logfile.h). Returns the caller's object, NULL on failure:
//
//     moments    list of time, duration, step, title; `unexpected` if the step may not come then; `also`: other steps
//                that the screen matches, if any (not for anytime steps, which may be boxes over another screen)
//     unknown    list of time, duration, screen: screens that ask for a key and that no step knows
//     unseen     ids of the required steps that did not come
//     absent     ids of the optional and anytime steps that did not come
//     fits       whether no moment is unexpected, and `unknown` and `unseen` are empty
json_t *replay_run(const struct profile *profile, const struct profile_phase *phase, const char *path,
                   struct error *err);
