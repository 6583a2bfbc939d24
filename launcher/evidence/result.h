// SPDX-License-Identifier: Apache-2.0
//
// result.json: the verdict of a run and everything that it stands on. docs/evidence.md documents its keys.
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "launcher/evidence/evidence.h"
#include "launcher/evidence/judge.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/profile.h"
#include "verify/match.h"

// The part that is known before the run: the command, the machine, its settings, the program. The caller's; add to it as
// the run goes.
json_t *result_new(const char *command, const struct machine *machine, const struct settings *settings,
                   const struct profile *profile);

// A comparison of vars, disk and firmware.
json_t *result_match(const struct match *match);

// What identifies the firmware (unless that is told already) and the disk, as the machine was installed with them; CODE_PATH is
// the firmware that is used.
void result_identity(json_t *result, const struct machine *machine, const char *code_path);

// What identifies the variable store at PATH: the SHA-256 of its firmware volume, and the volume's length in bytes; what lies
// behind it is padding, and is most of the file. `head -c BYTES vars.fd | sha256sum` gives the same. Null where there is no
// formatted store.
json_t *result_vars(const char *path);

// Adds what the judge of the phase NAME ("install", "reboot", "boot") found, and writes it to junit.xml.
bool result_phase(json_t *result, struct evidence *evidence, const char *name, const struct judge *judge,
                  struct error *err);

// Adds how it ended (FAILURE is empty for a success) and how long it took, and writes result.json.
bool result_write(json_t *result, struct evidence *evidence, const struct error *failure, struct error *err);
