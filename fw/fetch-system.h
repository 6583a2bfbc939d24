// SPDX-License-Identifier: Apache-2.0
//
// The firmware that this system has for QEMU.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

// The firmware that the system has for QEMU (fw/descriptors.h), copied, so that an update of the system does not change
// the firmware under an installed machine.
bool firmware_from_system(const char *root, struct firmware *firmware, struct error *err);
