// SPDX-License-Identifier: Apache-2.0
//
// What a program that died with a machine up has left: sockets and FIFOs, a payload, and (where the system does not end a child with its
// parent) a QEMU that nobody drives.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine/machine.h"

// If MACHINE's last owner died, removes its leftovers and reports that. MACHINE is locked. Fails if a leftover QEMU
// cannot be ended.
bool recovery_run(const struct machine *machine, struct error *err);
