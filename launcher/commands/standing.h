// SPDX-License-Identifier: Apache-2.0
//
// How a machine is used at this moment: what esxiarm status and list tell.
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
//     last_run   of one that is down: folder, outcome ("unfinished" where its launcher died)
//
// Leftovers of a launcher that died are removed first. NULL if FOLDER is not a machine, or is damaged.
json_t *usage_of(const char *folder, struct error *err);

// The runs in FOLDER, which are MACHINE's; the one that a program has in hand at this moment is told from those whose launcher
// died. Free RUNS with runs_free.
void usage_runs(const struct machine *machine, const char *folder, struct runs *runs);
