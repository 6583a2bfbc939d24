// SPDX-License-Identifier: Apache-2.0
// The installed system: prints what ESXi prints while it boots, then shows its console.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

_Noreturn void system_run(struct guest *guest);
