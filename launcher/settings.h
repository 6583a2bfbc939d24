// SPDX-License-Identifier: Apache-2.0
//
// What a machine is made of: accelerator, processor, memory, disk, and how long to wait.
//
// Each setting comes from the first place that has it: a flag, the environment variable that users' scripts already set,
// the machine's machine.json, the guest profile, a default. A setting that a place does not have is NULL or 0 there.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cli.h"
#include "base/error.h"

// Texts are borrowed: they live as long as what they were read from (arguments, environment, JSON, profile).
struct settings {
        const char *accel;           // "tcg", "kvm", "hvf"
        const char *machine_options; // QEMU's -machine: "virt,virtualization=off,gic-version=2"
        const char *cpu;             // QEMU's -cpu
        const char *disk_bus;        // "usb" or "nvme"
        const char *reboot_action;   // "enter" or "poweroff"
        const char *qemu;            // the program, by name or path
        uint64_t memory_mb, cpus;
        uint64_t disk_size;        // bytes
        uint64_t reboot_observe_s; // how long the reboot path is watched
        uint64_t boot_timeout_s;   // for the installed system to come up
};

// The rows for a command's table of options: STRUCT is the type of its values, MEMBER its struct settings. Commands that
// boot an installed machine take the first macro, commands that install take both.
#define SETTINGS_MACHINE_OPTIONS(STRUCT, MEMBER)                                                                       \
        {"accel", "NAME", CLI_TEXT, offsetof(STRUCT, MEMBER.accel), "tcg (default), kvm or hvf", "ACCEL"},             \
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
                 "for the installed system to come up (default: the guest profile's)",                                 \
                 "BOOT_TIMEOUT"},                                                                                      \
        {                                                                                                              \
                "qemu", "PROGRAM", CLI_TEXT, offsetof(STRUCT, MEMBER.qemu), "QEMU (default qemu-system-aarch64)", NULL \
        }

#define SETTINGS_INSTALL_OPTIONS(STRUCT, MEMBER)                                                                        \
        {"disk-size",                                                                                                   \
         "SIZE",                                                                                                        \
         CLI_SIZE,                                                                                                      \
         offsetof(STRUCT, MEMBER.disk_size),                                                                            \
         "size of the system disk (default: the guest profile's)",                                                      \
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
                        "how long to watch the reboot (default: the guest profile's)", "REBOOT_OBSERVE_SEC"             \
        }

// Fills what INTO does not have from FALLBACK.
void settings_complete(struct settings *into, const struct settings *fallback);

// Fills what is still missing with the defaults that no profile has, and checks every value. Fails (ERROR_USAGE) on one
// that QEMU could not be given.
bool settings_finish(struct settings *settings, struct error *err);

// As the object "settings" of machine.json. Reading takes only what is there and of the right type; the texts belong to
// JSON.
json_t *settings_to_json(const struct settings *settings);
struct settings settings_from_json(const json_t *json);
