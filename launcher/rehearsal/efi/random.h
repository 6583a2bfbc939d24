// SPDX-License-Identifier: Apache-2.0
// GUIDs that differ between installations: unique, not secret. From EFI_RNG_PROTOCOL if available, mixed with the clock
// and the processor's counter.
#pragma once

#include "launcher/rehearsal/efi/guid.h"

struct guid random_guid(void);
