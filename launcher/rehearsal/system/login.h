// SPDX-License-Identifier: Apache-2.0
// The login of the console. The installer keeps no password, so any of allowed length is right, for root.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// False if the user pressed Esc.
bool login(struct guest *guest);
