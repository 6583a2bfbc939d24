// SPDX-License-Identifier: Apache-2.0
// How the guest misbehaves when its options say so: noise on the console, a hang, a reset, a panic.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// To be called where STEP begins, before anything of it shows. Does not return where the options say so.
void guest_reach(struct guest *guest, enum step step);
