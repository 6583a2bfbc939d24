// SPDX-License-Identifier: Apache-2.0
// Misbehaves as the options say: noise on the console, a hang, a reset, a panic.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// Call it when STEP begins, before anything of it is shown. Does not return if an option ends the guest there.
void guest_reach(struct guest *guest, enum step step);
