// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

// Copies the system's firmware for QEMU (fw/descriptors.h), so that an update of the system does not change the
// firmware of an installed machine.
bool firmware_from_system(const char *root, struct firmware *firmware, struct error *err);
