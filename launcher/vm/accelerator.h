// SPDX-License-Identifier: Apache-2.0
//
// What runs the guest's processors: `tcg`, QEMU's own emulation, runs every machine on every host; `kvm` and `hvf` run a
// guest of the host's own architecture on the host's processor, and only some machines.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine/settings.h"

// Whether a host of this system and processor can have the accelerator NAME at all. Fails (ERROR_ENVIRONMENT) if not.
bool accelerator_fits_host(const char *name, struct error *err);

// Whether KVM on this host can make the machine of SETTINGS (complete, accel kvm). QEMU answers that: it makes the machine,
// without firmware and devices, and ends. Its answer is reported in this program's words. Fails (ERROR_ENVIRONMENT) if KVM
// cannot.
bool accelerator_try_kvm(const struct settings *settings, struct error *err);

// Whether this host's processor is one that KVM or HVF could run the guest on.
bool accelerator_host_is_arm(void);
