// SPDX-License-Identifier: Apache-2.0
//
// Cleans up after a launcher that died: its sockets and FIFOs, a payload, and (on systems that do not end a child with
// its parent) its QEMU.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine/machine.h"

// If the last owner of MACHINE (locked) died, removes its leftovers and reports that. Fails if its QEMU does not exit.
bool recovery_run(const struct machine *machine, struct error *err);
