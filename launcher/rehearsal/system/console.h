// SPDX-License-Identifier: Apache-2.0
// The installed system's console: where it was started from, its addresses, a clock; F2 and F12.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

#define ORIGIN_SIZE 256

// The boot entry and file that this run was started from.
struct origin {
        char entry[20];
        char device[ORIGIN_SIZE];
        char file[ORIGIN_SIZE];
};

_Noreturn void console_run(struct guest *guest, const struct origin *origin);
