// SPDX-License-Identifier: Apache-2.0
//
// What the user asks for, as the commands install, boot-installed, e2e and rehearse share it: options, the environment,
// and from them everything that an installation or a boot needs.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/cli.h"
#include "base/error.h"
#include "launcher/jobs/boot.h"
#include "launcher/jobs/install.h"
#include "launcher/machine/settings.h"

// The values that the options fill.
struct request {
        struct settings settings;
        struct arguments rehearsal_options;
        const char *iso, *payload, *profile;
        struct arguments kernelopts, replacements;
        const char *kickstart;
        struct kickstart_options kickstart_options;
        const char *disk_name, *until;
        uint64_t disk_position;
        const char *code, *vars_template; // firmware files of the user's own
        const char *firmware;             // name of an installed firmware
        const char *password_file;
        const char *vars; // the live variable store, where it is not the machine's own
        const char *tag, *runs;
        bool rehearsal, force, json, watch, hand_over;
        bool print_command; // instead of starting anything
};

// Rows for the tables of options, where the command's values are a struct request.
#define REQUEST_RUN_OPTIONS                                                                                            \
        {"aavmf-code", "FILE", CLI_TEXT, offsetof(struct request, code), "firmware of your own", "AAVMF_CODE"},        \
                {"vars",                                                                                               \
                 "FILE",                                                                                               \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, vars),                                                                       \
                 "the live variable store (default: the machine's vars.fd)",                                           \
                 "AAVMF_VARS_RUNTIME"},                                                                                \
                {"firmware",                                                                                           \
                 "NAME",                                                                                               \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, firmware),                                                                   \
                 "a firmware that esxiarm fetch installed (default: the newest; fetched if none is installed)",        \
                 NULL},                                                                                                \
                {"watch", NULL, CLI_FLAG, offsetof(struct request, watch), "show the guest's screen while it runs",    \
                 NULL},                                                                                                \
                {"run-tag",                                                                                            \
                 "NAME",                                                                                               \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, tag),                                                                        \
                 "name of the run's folder (default: time and kind)",                                                  \
                 "RUN_TAG"},                                                                                           \
                {"log-dir",                                                                                            \
                 "DIR",                                                                                                \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, runs),                                                                       \
                 "where runs are kept (default MACHINE/runs)",                                                         \
                 "LOG_DIR"},                                                                                           \
        {                                                                                                              \
                "json", NULL, CLI_FLAG, offsetof(struct request, json), "print the result as JSON", NULL               \
        }

#define REQUEST_INSTALL_OPTIONS                                                                                        \
        {"aavmf-vars-template",                                                                                        \
         "FILE",                                                                                                       \
         CLI_TEXT,                                                                                                     \
         offsetof(struct request, vars_template),                                                                      \
         "your own template of the variable store; needs --aavmf-code",                                                \
         "AAVMF_VARS_TEMPLATE"},                                                                                       \
                {"force",                                                                                              \
                 NULL,                                                                                                 \
                 CLI_FLAG,                                                                                             \
                 offsetof(struct request, force),                                                                      \
                 "reinstall an installed machine, erasing its disk",                                                   \
                 NULL},                                                                                                \
        {                                                                                                              \
                "rehearsal-option", "KEY=VALUE", CLI_LIST, offsetof(struct request, rehearsal_options),                \
                        "make the rehearsal guest misbehave; docs/rehearsal-guest.md lists the options", NULL          \
        }

#define REQUEST_PRINT_OPTION                                                                                           \
        {                                                                                                              \
                "print-command", NULL, CLI_FLAG, offsetof(struct request, print_command),                              \
                        "print QEMU's command line, for a shell on a terminal, and do nothing", NULL                   \
        }

#define REQUEST_PAYLOAD_OPTIONS                                                                                        \
        {"iso", "FILE", CLI_TEXT, offsetof(struct request, iso), "the installer's ISO", NULL},                         \
                {"payload",                                                                                            \
                 "PATH",                                                                                               \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, payload),                                                                    \
                 "the installer's files in a folder, or a payload from esxiarm payload",                               \
                 NULL},                                                                                                \
                {"rehearsal",                                                                                          \
                 NULL,                                                                                                 \
                 CLI_FLAG,                                                                                             \
                 offsetof(struct request, rehearsal),                                                                  \
                 "install the rehearsal guest instead, which is not ESXi",                                             \
                 NULL},                                                                                                \
                {"profile",                                                                                            \
                 "NAME",                                                                                               \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, profile),                                                                    \
                 "guest profile, or a file with a slash in its path (default esxi8, or rehearsal)",                    \
                 NULL},                                                                                                \
        {                                                                                                              \
                "root-password-file", "FILE", CLI_TEXT, offsetof(struct request, password_file),                       \
                        "file whose first line is root's password (or set ROOT_PASSWORD; else you are asked)", NULL    \
        }

// How the installer's files are changed, and how it is driven.
#define REQUEST_DRIVE_OPTIONS                                                                                          \
        {"kernelopt",                                                                                                  \
         "OPT",                                                                                                        \
         CLI_LIST,                                                                                                     \
         offsetof(struct request, kernelopts),                                                                         \
         "option for ESXi's kernel (allowLegacyCPU=true is always added)",                                             \
         NULL},                                                                                                        \
                {"replace",                                                                                            \
                 "NAME=FILE",                                                                                          \
                 CLI_LIST,                                                                                             \
                 offsetof(struct request, replacements),                                                               \
                 "replace the installer's file NAME with FILE",                                                        \
                 NULL},                                                                                                \
                {"kickstart",                                                                                          \
                 "FILE|auto",                                                                                          \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, kickstart),                                                                  \
                 "install by this kickstart, without a key (docs/kickstart.md)",                                       \
                 NULL},                                                                                                \
                KICKSTART_OPTIONS(struct request, kickstart_options),                                                  \
                {"disk-name",                                                                                          \
                 "PATTERN",                                                                                            \
                 CLI_TEXT,                                                                                             \
                 offsetof(struct request, disk_name),                                                                  \
                 "the disk whose row in the installer's list matches (default: by size)",                              \
                 NULL},                                                                                                \
        {                                                                                                              \
                "disk-position", "N", CLI_NUMBER, offsetof(struct request, disk_position),                             \
                        "or the Nth disk of that list", NULL                                                           \
        }

// For the command that installs and nothing else.
#define REQUEST_UNTIL_OPTIONS                                                                                          \
        {"until",                                                                                                      \
         "STEP",                                                                                                       \
         CLI_TEXT,                                                                                                     \
         offsetof(struct request, until),                                                                              \
         "stop at this step of the guest profile (its id: welcome, eula, password ...), its keys not sent",            \
         NULL},                                                                                                        \
        {                                                                                                              \
                "hand-over", NULL, CLI_FLAG, offsetof(struct request, hand_over),                                      \
                        "give you the console there; Ctrl-] opens a menu to continue", NULL                            \
        }

// Everything that an installation takes but what is installed.
#define REQUEST_ALL_INSTALL_OPTIONS                                                                                    \
        SETTINGS_MACHINE_OPTIONS(struct request, settings), SETTINGS_INSTALL_OPTIONS(struct request, settings),        \
                REQUEST_INSTALL_OPTIONS, REQUEST_DRIVE_OPTIONS, REQUEST_RUN_OPTIONS

// For a command's `stored`: the setting at OFFSET of struct request that the machine in FOLDER has stored, as text, freed with
// free(). NULL if it has none, or FOLDER is not a machine.
char *request_stored(const char *folder, size_t offset);

// Installs into the machine FOLDER. FIRMWARE is filled as soon as it is known, also where the installation then fails.
bool request_install(const struct request *request, const char *folder, struct firmware *firmware,
                     struct install_outcome *outcome, struct error *err);

// If the run failed, adds the path of its EVIDENCE to ERR, unless that is NULL.
void request_tell_evidence(const char *evidence, struct error *err);

// What becomes of a machine that was booted.
struct request_stay {
        enum boot_stay stay;
        void (*up)(const struct boot_outcome *outcome, void *context); // see boot.h
        void *context;
};

// Boots the installed machine (its folder) or disk (a file, with REQUEST's vars) at PATH and judges it.
bool request_boot(const struct request *request, const char *path, const struct request_stay *stay,
                  struct boot_outcome *outcome, struct error *err);

// --print-command for either: what QEMU would be started with (print-command.h).
bool request_print_install(const struct request *request, const char *folder, struct error *err);
bool request_print_boot(const struct request *request, const char *path, struct error *err);
