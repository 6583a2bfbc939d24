// SPDX-License-Identifier: Apache-2.0
//
// What the files of a profile (profile.h) share: profile.c reads it, profile-check.c checks what it says.
#pragma once

#include "launcher/machine/profile.h"

// Fills in the defaults, compiles the patterns and checks what the table of keys cannot. "FILE:LINE: place: problem" in
// ERR.
bool profile_check(struct profile *profile, struct error *err);
