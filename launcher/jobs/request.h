// SPDX-License-Identifier: Apache-2.0
//
// The request of the commands install, boot-installed, e2e and rehearse: options and environment, and from them
// everything that an installation or a boot needs.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"
#include "launcher/jobs/boot.h"
#include "launcher/jobs/install.h"
#include "launcher/machine/settings.h"

// The values that the options fill.
struct request {
        struct settings settings;
        struct arguments rehearsal_options;
        const char *iso, *payload, *profile;
        struct arguments kernelopts, replacements, patches, texts;
        const char *kickstart;
        struct kickstart_options kickstart_options;
        const char *disk_name, *until;
        uint64_t disk_position;
        const char *code, *vars_template; // firmware files of the user's own
        const char *firmware;             // name of an installed firmware
        const char *password_file;
        const char *vars; // the live variable store; NULL for the machine's own
        const char *tag, *runs;
        bool rehearsal, force, overwrite, upgrade, json, watch, hand_over;
        bool print_command; // instead of starting anything
        bool any_payload;   // the guest profile does not need an installer of ESXi; not an option
};

// For a command's `stored`: the text of the setting at OFFSET of struct request in the machine FOLDER, freed with
// free(). NULL if it has none, or FOLDER is not a machine.
char *request_stored(const char *folder, size_t offset);

// Installs into the machine FOLDER. FIRMWARE is filled as soon as it is known, even if the installation then fails.
bool request_install(const struct request *request, const char *folder, struct firmware *firmware,
                     struct install_outcome *outcome, struct error *err);

// If the run failed, adds the path of its EVIDENCE to ERR, unless that is NULL, and that of its last screen.
void request_tell_evidence(const char *evidence, struct error *err);

// What happens to a machine that was booted.
struct request_stay {
        enum boot_stay stay;
        void (*up)(const struct boot_outcome *outcome, void *context); // see boot.h
        void *context;
        const char *task; // with BOOT_STOP: the task to do; NULL for none
};

// Boots the installed machine (its folder) or disk (a file, with REQUEST's vars) at PATH and judges it.
bool request_boot(const struct request *request, const char *path, const struct request_stay *stay,
                  struct boot_outcome *outcome, struct error *err);

// The profile of the machine in FOLDER: REQUEST's, or that of its installation. NULL on failure.
struct profile *request_profile(const struct request *request, const struct machine *machine, struct error *err);

// Does the task NAME on the machine in FOLDER, if it is up. BOOT: otherwise boots it first, and has it power off
// afterwards. Returns the result (task.h), owned by the caller, on failure too; NULL if it did not get that far.
json_t *request_task(const struct request *request, const char *folder, const char *name, bool boot, struct error *err);

// --print-command: prints the command that would start QEMU (print-command.h).
bool request_print_install(const struct request *request, const char *folder, struct error *err);
bool request_print_boot(const struct request *request, const char *path, struct error *err);
