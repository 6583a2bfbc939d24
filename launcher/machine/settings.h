// SPDX-License-Identifier: Apache-2.0
//
// The settings of a machine: accelerator, processor, memory, disk, network, timeouts.
//
// Each setting comes from the first source that has it: a flag, an environment variable, machine.json, the guest
// profile, the default. In a source that does not have it, a setting is NULL, 0 or an empty list. A given list replaces
// the whole stored list.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arguments.h"
#include "base/error.h"
#include "launcher/machine/setting-list.h"

// Texts are borrowed from their source (arguments, environment, JSON, profile).
struct settings {
        const char *accel;           // "tcg", "kvm", "hvf"; or SETTINGS_AUTO_ACCEL until one is chosen (qemu-probe.h)
        const char *machine_options; // QEMU's -machine: "virt,virtualization=off,gic-version=2"
        const char *cpu;             // QEMU's -cpu
        const char *disk_bus;        // "usb" or "nvme"
        const char *reboot_action;   // "enter" or "poweroff"
        const char *nic;             // QEMU's device ("vmxnet3"); "none" for no network
        const char *mac;             // "52:54:00:12:34:56"
        const char *qemu;            // the program, by name or path
        uint64_t memory_mb, cpus;
        uint64_t disk_size;             // bytes
        uint64_t reboot_observe_s;      // how long to watch the reboot
        uint64_t boot_timeout_s;        // for the installed system to come up
        struct settings_list forwards;  // forwarded ports (forward.h)
        struct settings_list qemu_args; // further arguments for QEMU
};

#define SETTINGS_NO_NIC     "none"
#define SETTINGS_AUTO_ACCEL "auto"

// Fills the unset members of INTO from FALLBACK, except those that do not fit INTO: forwards without a network, and the
// default processor of another accelerator.
void settings_complete(struct settings *into, const struct settings *fallback);

// Fills the remaining members with defaults, and checks every value. Fails (ERROR_USAGE) on the first invalid one.
bool settings_finish(struct settings *settings, struct error *err);

// The setting at OFFSET of struct settings as text, a list separated by spaces; freed with free(). NULL if it is not
// set.
char *settings_show(const struct settings *settings, size_t offset);

// As the object "settings" of machine.json.
json_t *settings_to_json(const struct settings *settings);

// Reads JSON (NULL: no settings), which owns the texts. Skips unknown members, so that a machine of a newer version can
// be used. ERROR_DAMAGED if a known member has the wrong type, so that no default silently replaces it.
bool settings_from_json(const json_t *json, struct settings *settings, struct error *err);
