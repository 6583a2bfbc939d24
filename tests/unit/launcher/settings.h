// SPDX-License-Identifier: Apache-2.0
//
// The settings of a small machine under TCG, complete and valid.
#pragma once

#include "launcher/machine/settings.h"

static const struct settings usual_settings = {
        .accel = "tcg",
        .machine_options = "virt,virtualization=off,gic-version=2",
        .cpu = "max,pauth-impdef=on",
        .memory_mb = 64,
        .cpus = 2,
        .disk_size = UINT64_C(40) << 30,
        .disk_bus = "usb",
        .nic = "vmxnet3",
        .mac = "52:54:00:12:34:56",
        .reboot_action = "enter",
        .reboot_observe_s = 180,
        .boot_timeout_s = 1800,
        .qemu = "qemu-system-aarch64",
};
