// SPDX-License-Identifier: Apache-2.0
//
// What a program that died with a machine up has left: sockets and FIFOs, a payload, and (where the system does not end a child with its
// parent) a QEMU that nobody drives.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine/machine.h"

// Clears that away, and says so, where MACHINE's last owner died. MACHINE is locked. Fails where a QEMU that nobody drives
// cannot be ended.
bool recovery_run(const struct machine *machine, struct error *err);
