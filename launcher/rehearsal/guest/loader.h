// SPDX-License-Identifier: Apache-2.0
// Where the loader has done its work: it starts the kernel, or ends as VMware's loader, VMB or the firmware do.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

// Returns if END is LOADER_STARTS. Otherwise prints why not and hangs.
void loader_finish(struct guest *guest, enum loader_end end);
