// SPDX-License-Identifier: Apache-2.0
//
// result.json: the verdict of a run and everything that it is based on. docs/evidence.md documents its keys.
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "launcher/evidence/evidence.h"
#include "launcher/evidence/judge.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/profile.h"
#include "verify/match.h"

// The part that is known before the run: the command, the machine, its settings, the program. Owned by the caller, who
// adds to it during the run.
json_t *result_new(const char *command, const struct machine *machine, const struct settings *settings,
                   const struct profile *profile);

// A comparison of vars, disk and firmware.
json_t *result_match(const struct match *match);

// Adds what identifies the firmware (unless present) and the disk, as recorded at the installation; CODE_PATH is the
// firmware in use.
void result_identity(json_t *result, const struct machine *machine, const char *code_path);

// Identifies the variable store at PATH: the SHA-256 of its firmware volume, and the volume's length in bytes; the rest
// of the file is padding. `head -c BYTES vars.fd | sha256sum` prints the same. JSON null if there is no formatted
// store.
json_t *result_vars(const char *path);

// Adds what the judge of the phase NAME ("install", "reboot", "boot") found, and writes it to junit.xml.
bool result_phase(json_t *result, struct evidence *evidence, const char *name, const struct judge *judge,
                  struct error *err);

// Adds the outcome (FAILURE is empty for a success) and the duration, and writes result.json.
bool result_write(json_t *result, struct evidence *evidence, const struct error *failure, struct error *err);
