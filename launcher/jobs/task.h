// SPDX-License-Identifier: Apache-2.0
//
// A task of a guest profile (profile.h), on the console of a machine that is up.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "launcher/evidence/judge.h"
#include "launcher/machine/fill.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/profile.h"
#include "launcher/screen/display.h"
#include "launcher/vm/vm.h"

// Everything is borrowed.
struct task_input {
        struct vm *vm;
        struct evidence *evidence;
        const struct judge *judge; // of the boot
        struct display *display;
        const struct profile *profile;
        const struct profile_task *task;
        const char *password; // root's; may be empty if the task types none
        struct fill fill;     // for the texts that it types
};

// Does the task. Returns its result for esxiarm task --json, owned by the caller: done, task, exit_code, message if it
// failed, steps (list of step, title), seconds, evidence. ERR must not be NULL. Fails as drive_task does.
json_t *task_run(const struct task_input *input, struct error *err);

// The same for a task that could not begin, for the reason in ERR.
json_t *task_refused(const char *name, const struct error *err);

// Has the launcher that runs MACHINE do TASK of PROFILE (a name or an absolute path) with TEXTS (KEY=VALUE, fill.h), and
// shows its progress. Returns the result. NULL, with ERR filled, if MACHINE is not up (ERROR_NO) or its launcher does
// not take the task.
json_t *task_request(const struct machine *machine, const char *profile, const struct profile_task *task,
                     const struct arguments *texts, const char *password, struct error *err);
