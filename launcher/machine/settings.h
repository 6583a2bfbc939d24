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
#include "base/cli.h"
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

// The rows for a command's table of options: STRUCT is the type of its values, MEMBER its struct settings. Commands
// that boot an installed machine take the first macro, commands that install take both.
#define SETTINGS_MACHINE_OPTIONS(STRUCT, MEMBER)                                                                       \
        {"accel",                                                                                                      \
         "NAME",                                                                                                       \
         CLI_TEXT,                                                                                                     \
         offsetof(STRUCT, MEMBER.accel),                                                                               \
         "tcg (default; ESXi 8 was installed with it), kvm, hvf, or auto: kvm if it can run this machine, else tcg",   \
         "ACCEL"},                                                                                                     \
                {"machine-options",                                                                                    \
                 "TEXT",                                                                                               \
                 CLI_TEXT,                                                                                             \
                 offsetof(STRUCT, MEMBER.machine_options),                                                             \
                 "QEMU's -machine (default virt,virtualization=off,gic-version=2)",                                    \
                 "MACHINE_OPTS"},                                                                                      \
                {"cpu",                                                                                                \
                 "MODEL",                                                                                              \
                 CLI_TEXT,                                                                                             \
                 offsetof(STRUCT, MEMBER.cpu),                                                                         \
                 "QEMU's -cpu (default max,pauth-impdef=on under tcg, else host)",                                     \
                 "CPU_MODEL"},                                                                                         \
                {"memory",                                                                                             \
                 "MIB",                                                                                                \
                 CLI_NUMBER,                                                                                           \
                 offsetof(STRUCT, MEMBER.memory_mb),                                                                   \
                 "memory in MiB (default: the guest profile's)",                                                       \
                 "RAM_MB"},                                                                                            \
                {"cpus", "N", CLI_NUMBER, offsetof(STRUCT, MEMBER.cpus), "processors (default: the guest profile's)",  \
                 "CPUS"},                                                                                              \
                {"boot-timeout",                                                                                       \
                 "SECONDS",                                                                                            \
                 CLI_NUMBER,                                                                                           \
                 offsetof(STRUCT, MEMBER.boot_timeout_s),                                                              \
                 "for the installed system to come up, in seconds (default: the guest profile's)",                     \
                 "BOOT_TIMEOUT"},                                                                                      \
                {"nic",                                                                                                \
                 "MODEL",                                                                                              \
                 CLI_TEXT,                                                                                             \
                 offsetof(STRUCT, MEMBER.nic),                                                                         \
                 "network card (default vmxnet3; e1000e, virtio-net-pci ...), none for no network",                    \
                 NULL},                                                                                                \
                {"mac", "ADDRESS", CLI_TEXT, offsetof(STRUCT, MEMBER.mac), "its address (default 52:54:00:12:34:56)",  \
                 NULL},                                                                                                \
                {"forward",                                                                                            \
                 "[ADDR:]HOST:GUEST,...",                                                                              \
                 CLI_LIST,                                                                                             \
                 offsetof(STRUCT, MEMBER.forwards.given),                                                              \
                 "the host's TCP ports to the guest's: 2222:22,8443:443 (default none; ADDR is 127.0.0.1)",            \
                 NULL},                                                                                                \
                {"qemu-arg",                                                                                           \
                 "ARG",                                                                                                \
                 CLI_LIST,                                                                                             \
                 offsetof(STRUCT, MEMBER.qemu_args.given),                                                             \
                 "another argument for QEMU, appended unchanged; repeatable (default none)",                           \
                 NULL},                                                                                                \
        {                                                                                                              \
                "qemu", "PROGRAM", CLI_TEXT, offsetof(STRUCT, MEMBER.qemu), "QEMU (default qemu-system-aarch64)", NULL \
        }

#define SETTINGS_INSTALL_OPTIONS(STRUCT, MEMBER)                                                                        \
        {"disk-size",                                                                                                   \
         "SIZE",                                                                                                        \
         CLI_SIZE,                                                                                                      \
         offsetof(STRUCT, MEMBER.disk_size),                                                                            \
         "size of the system disk, as 40G, or in bytes (default: the guest profile's)",                                 \
         "DISK_SIZE"},                                                                                                  \
                {"disk-bus", "NAME", CLI_TEXT, offsetof(STRUCT, MEMBER.disk_bus), "usb (default) or nvme", "DISK_BUS"}, \
                {"reboot-action",                                                                                       \
                 "NAME",                                                                                                \
                 CLI_TEXT,                                                                                              \
                 offsetof(STRUCT, MEMBER.reboot_action),                                                                \
                 "after the installation: enter (default; watches the reboot) or poweroff",                             \
                 "REBOOT_ACTION"},                                                                                      \
        {                                                                                                               \
                "reboot-observe", "SECONDS", CLI_NUMBER, offsetof(STRUCT, MEMBER.reboot_observe_s),                     \
                        "how long to watch the reboot, in seconds (default: the guest profile's)",                      \
                        "REBOOT_OBSERVE_SEC"                                                                            \
        }

// Fills the unset members of INTO from FALLBACK, except forwards if INTO has no network, and another accelerator's
// default processor.
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
