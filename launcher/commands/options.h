// SPDX-License-Identifier: Apache-2.0
//
// The options that several commands share, as rows for their tables.
#pragma once

#include "base/cli.h"
#include "launcher/diagnosis/target.h"
#include "launcher/jobs/request.h"

#define OPTION_ROW(NAME, ARGUMENT, KIND, OFFSET, HELP, ENVIRONMENT)                                                    \
        {                                                                                                              \
                NAME, ARGUMENT, KIND, OFFSET, HELP, ENVIRONMENT                                                        \
        }

// Where runs are kept: a text, the member MEMBER of STRUCT.
#define LOG_DIR_OPTION(STRUCT, MEMBER)                                                                                 \
        OPTION_ROW("log-dir", "DIR", CLI_TEXT, offsetof(STRUCT, MEMBER), "where runs are kept (default MACHINE/runs)", \
                   "LOG_DIR")

// The settings: STRUCT is the type of the command's values, MEMBER its struct settings. Commands that boot an installed
// machine take the first macro, commands that install take both.
#define SETTINGS_MACHINE_OPTIONS(STRUCT, MEMBER)                                                                       \
        OPTION_ROW("accel", "NAME", CLI_TEXT, offsetof(STRUCT, MEMBER.accel),                                          \
                   "tcg (default; ESXi 8 was installed with it), kvm, hvf, or auto: kvm if it can run this machine, "  \
                   "else tcg",                                                                                         \
                   "ACCEL"),                                                                                           \
                OPTION_ROW("machine-options", "TEXT", CLI_TEXT, offsetof(STRUCT, MEMBER.machine_options),              \
                           "QEMU's -machine (default virt,virtualization=off,gic-version=2)", "MACHINE_OPTS"),         \
                OPTION_ROW("cpu", "MODEL", CLI_TEXT, offsetof(STRUCT, MEMBER.cpu),                                     \
                           "QEMU's -cpu (default max,pauth-impdef=on under tcg, else host)", "CPU_MODEL"),             \
                OPTION_ROW("memory", "MIB", CLI_NUMBER, offsetof(STRUCT, MEMBER.memory_mb),                            \
                           "memory in MiB (default: the guest profile's)", "RAM_MB"),                                  \
                OPTION_ROW("cpus", "N", CLI_NUMBER, offsetof(STRUCT, MEMBER.cpus),                                     \
                           "processors (default: the guest profile's)", "CPUS"),                                       \
                OPTION_ROW("boot-timeout", "SECONDS", CLI_NUMBER, offsetof(STRUCT, MEMBER.boot_timeout_s),             \
                           "for the installed system to come up, in seconds (default: the guest profile's)",           \
                           "BOOT_TIMEOUT"),                                                                            \
                OPTION_ROW("nic", "MODEL", CLI_TEXT, offsetof(STRUCT, MEMBER.nic),                                     \
                           "network card (default vmxnet3; e1000e, virtio-net-pci ...), none for no network", NULL),   \
                OPTION_ROW("mac", "ADDRESS", CLI_TEXT, offsetof(STRUCT, MEMBER.mac),                                   \
                           "its address (default 52:54:00:12:34:56)", NULL),                                           \
                OPTION_ROW("forward", "[ADDR:]HOST:GUEST,...", CLI_LIST, offsetof(STRUCT, MEMBER.forwards.given),      \
                           "the host's TCP ports to the guest's: 2222:22,8443:443 (default none; ADDR is 127.0.0.1)",  \
                           NULL),                                                                                      \
                OPTION_ROW("qemu-arg", "ARG", CLI_LIST, offsetof(STRUCT, MEMBER.qemu_args.given),                      \
                           "another argument for QEMU, appended unchanged; repeatable (default none)", NULL),          \
                OPTION_ROW("qemu", "PROGRAM", CLI_TEXT, offsetof(STRUCT, MEMBER.qemu),                                 \
                           "QEMU (default qemu-system-aarch64)", NULL)

#define SETTINGS_INSTALL_OPTIONS(STRUCT, MEMBER)                                                                       \
        OPTION_ROW("disk-size", "SIZE", CLI_SIZE, offsetof(STRUCT, MEMBER.disk_size),                                  \
                   "size of the system disk, as 40G, or in bytes (default: the guest profile's)", "DISK_SIZE"),        \
                OPTION_ROW("disk-bus", "NAME", CLI_TEXT, offsetof(STRUCT, MEMBER.disk_bus), "usb (default) or nvme",   \
                           "DISK_BUS"),                                                                                \
                OPTION_ROW("reboot-action", "NAME", CLI_TEXT, offsetof(STRUCT, MEMBER.reboot_action),                  \
                           "after the installation: enter (default; watches the reboot) or poweroff",                  \
                           "REBOOT_ACTION"),                                                                           \
                OPTION_ROW("reboot-observe", "SECONDS", CLI_NUMBER, offsetof(STRUCT, MEMBER.reboot_observe_s),         \
                           "how long to watch the reboot, in seconds (default: the guest profile's)",                  \
                           "REBOOT_OBSERVE_SEC")

// What a command examines: its values are a struct values with a struct subject_request, SUBJECT.
#define SUBJECT_ROW(NAME, ARGUMENT, MEMBER, HELP)                                                                      \
        OPTION_ROW(NAME, ARGUMENT, CLI_TEXT, offsetof(struct values, subject.MEMBER), HELP, NULL)

#define SUBJECT_DISK_OPTION SUBJECT_ROW("disk", "IMG", disk, "a disk image, instead of a machine")
#define SUBJECT_OPTIONS                                                                                                \
        SUBJECT_DISK_OPTION,                                                                                           \
                SUBJECT_ROW("vars", "FILE", vars, "its vars file (with a machine: this one instead of its vars.fd)"),  \
                SUBJECT_ROW("code", "FILE", code, "the firmware to use (default: the machine's own)")
#define SUBJECT_BUS_OPTION                                                                                             \
        SUBJECT_ROW("disk-bus", "NAME", disk_bus, "the bus that the disk is attached to: usb (default) or nvme")

// What a command installs or boots: its values begin with a struct request.
#define REQUEST_ROW(NAME, ARGUMENT, KIND, MEMBER, HELP, ENVIRONMENT)                                                   \
        OPTION_ROW(NAME, ARGUMENT, KIND, offsetof(struct request, MEMBER), HELP, ENVIRONMENT)

// For every command that runs a machine.
#define REQUEST_RUN_OPTIONS                                                                                            \
        REQUEST_ROW("aavmf-code", "FILE", CLI_TEXT, code, "firmware of your own", "AAVMF_CODE"),                       \
                REQUEST_ROW("vars", "FILE", CLI_TEXT, vars,                                                            \
                            "the live variable store (default: the machine's vars.fd)", "AAVMF_VARS_RUNTIME"),         \
                REQUEST_ROW(                                                                                           \
                        "firmware", "NAME", CLI_TEXT, firmware,                                                        \
                        "a firmware that esxiarm fetch installed (default: the newest; fetched if none is installed)", \
                        NULL),                                                                                         \
                REQUEST_ROW("watch", NULL, CLI_FLAG, watch, "show the guest's screen while it runs", NULL),            \
                REQUEST_ROW("run-tag", "NAME", CLI_TEXT, tag, "name of the run's folder (default: time and kind)",     \
                            "RUN_TAG"),                                                                                \
                LOG_DIR_OPTION(struct request, runs),                                                                  \
                REQUEST_ROW("json", NULL, CLI_FLAG, json, "print the result as JSON", NULL)

#define REQUEST_PRINT_OPTION                                                                                           \
        REQUEST_ROW("print-command", NULL, CLI_FLAG, print_command,                                                    \
                    "print QEMU's command line, for a shell on a terminal, and do nothing", NULL)

// What is installed.
#define REQUEST_PAYLOAD_OPTIONS                                                                                        \
        REQUEST_ROW("iso", "FILE", CLI_TEXT, iso, "the installer's ISO", NULL),                                        \
                REQUEST_ROW("payload", "PATH", CLI_TEXT, payload,                                                      \
                            "the installer's files in a folder, or a payload from esxiarm payload", NULL),             \
                REQUEST_ROW("rehearsal", NULL, CLI_FLAG, rehearsal,                                                    \
                            "install the rehearsal guest instead, which is not ESXi", NULL),                           \
                REQUEST_ROW("profile", "NAME", CLI_TEXT, profile,                                                      \
                            "guest profile, or a FILE.yaml (default esxi8, or rehearsal)", NULL),  \
                REQUEST_ROW("root-password-file", "FILE", CLI_TEXT, password_file,                                     \
                            "file whose first line is root's password (or set ROOT_PASSWORD; else you are asked)",     \
                            NULL)

// For the command that only installs.
#define REQUEST_UNTIL_OPTIONS                                                                                          \
        REQUEST_ROW("until", "STEP", CLI_TEXT, until,                                                                  \
                    "stop at this step of the guest profile (its id: welcome, eula, password ...), its keys not sent", \
                    NULL),                                                                                             \
                REQUEST_ROW("hand-over", NULL, CLI_FLAG, hand_over,                                                    \
                            "give you the console there; Ctrl-] opens a menu to continue", NULL)

// How the installer's files are changed, and how it is driven.
#define REQUEST_DRIVE_OPTIONS                                                                                          \
        REQUEST_ROW("kernelopt", "OPT", CLI_LIST, kernelopts,                                                          \
                    "option for ESXi's kernel (allowLegacyCPU=true is always added)", NULL),                           \
                REQUEST_ROW("replace", "NAME=FILE", CLI_LIST, replacements,                                            \
                            "replace the installer's file NAME with FILE", NULL),                                      \
                REQUEST_ROW("patch", "FILE|NAME", CLI_LIST, patches,                                                   \
                            "apply a module patch to the installer: FILE.yaml, or the NAME of one that comes with "    \
                            "esxiarm",                                                                                 \
                            NULL),                                                                                     \
                REQUEST_ROW("kickstart", "FILE|auto", CLI_TEXT, kickstart,                                             \
                            "install by this kickstart, without a key (docs/kickstart.md)", NULL),                     \
                KICKSTART_OPTIONS(struct request, kickstart_options),                                                  \
                REQUEST_ROW("disk-name", "PATTERN", CLI_TEXT, disk_name,                                               \
                            "the disk whose row in the installer's list matches (default: by size)", NULL),            \
                REQUEST_ROW("disk-position", "N", CLI_NUMBER, disk_position, "or the Nth disk of that list", NULL)

#define REQUEST_INSTALL_OPTIONS                                                                                        \
        REQUEST_ROW("aavmf-vars-template", "FILE", CLI_TEXT, vars_template,                                            \
                    "your own template of the variable store; needs --aavmf-code", "AAVMF_VARS_TEMPLATE"),             \
                REQUEST_ROW("force", NULL, CLI_FLAG, force, "reinstall an installed machine, erasing its disk", NULL), \
                REQUEST_ROW("overwrite", NULL, CLI_FLAG, overwrite,                                                    \
                            "keep the machine's disk and let the installer overwrite what is on it", NULL),            \
                REQUEST_ROW("upgrade", NULL, CLI_FLAG, upgrade,                                                        \
                            "keep the machine's disk and vars and let the installer upgrade the system on it", NULL),  \
                REQUEST_ROW("rehearsal-option", "KEY=VALUE", CLI_LIST, rehearsal_options,                              \
                            "make the rehearsal guest misbehave; docs/rehearsal-guest.md lists the options", NULL)

// Everything that an installation takes, except what is installed.
#define REQUEST_ALL_INSTALL_OPTIONS                                                                                    \
        SETTINGS_MACHINE_OPTIONS(struct request, settings), SETTINGS_INSTALL_OPTIONS(struct request, settings),        \
                REQUEST_INSTALL_OPTIONS, REQUEST_DRIVE_OPTIONS, REQUEST_RUN_OPTIONS
