// SPDX-License-Identifier: Apache-2.0
// What F2 leads to on the console: a login, the menu `System Customization`, and in it `Troubleshooting Options`, which
// switches the ESXi Shell and SSH.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// Returns when the user has left it; the caller redraws its screen.
void dcui_customize(struct guest *guest);
