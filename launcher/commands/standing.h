// SPDX-License-Identifier: Apache-2.0
//
// The current state of a machine, as esxiarm status and list report it.
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "launcher/evidence/runs.h"
#include "launcher/machine/machine.h"

// The machine in FOLDER as a JSON object, the caller's:
//
//     machine    its folder
//     state      "up", "starting", "installed", "unfinished"
//     installed, guest, rehearsal, disk_size, firmware, boot_entry, installed_at
//     run        status of the program that runs it (hub.h): command, phase, pid, qemu_pid, up_since, booted, forwards, evidence
//     last_run   of one that is down: folder, outcome ("unfinished" if its launcher died)
//
// Leftovers of a launcher that died are removed first. NULL if FOLDER is not a machine, or is damaged.
json_t *usage_of(const char *folder, struct error *err);

// Reads MACHINE's runs, which are in FOLDER. A run whose program is still alive is under way, one whose launcher died
// is unfinished. Free RUNS with runs_free.
void usage_runs(const struct machine *machine, const char *folder, struct runs *runs);
