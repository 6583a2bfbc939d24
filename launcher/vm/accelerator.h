// SPDX-License-Identifier: Apache-2.0
//
// Accelerators: `tcg`, QEMU's emulation, runs any machine on any host. `kvm` and `hvf` run the guest on the host's own
// processor; they need a host of the guest's architecture, and run only some machines.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/machine/settings.h"

// Whether the accelerator NAME exists for this operating system and processor. Fails (ERROR_ENVIRONMENT) if not.
bool accelerator_fits_host(const char *name, struct error *err);

// Whether KVM on this host can run the machine of SETTINGS (complete, accel kvm): starts QEMU without firmware and
// devices. Fails (ERROR_ENVIRONMENT) with the reason and advice if it cannot.
bool accelerator_try_kvm(const struct settings *settings, struct error *err);

// Whether this host has an arm64 processor, which KVM and HVF need.
bool accelerator_host_is_arm(void);
