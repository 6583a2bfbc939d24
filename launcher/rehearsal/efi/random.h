// SPDX-License-Identifier: Apache-2.0
// GUIDs that differ from install to install. From EFI_RNG_PROTOCOL where the machine has it, and in any case from the
// clock and the processor's counter: unique, not secret.
#pragma once

#include "launcher/rehearsal/efi/guid.h"

struct guid random_guid(void);
