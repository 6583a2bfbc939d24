// SPDX-License-Identifier: Apache-2.0
#include "launcher/commands/standing.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/evidence/runs.h"
#include "launcher/machine/profile.h"
#include "launcher/vm/client.h"
#include "launcher/vm/recovery.h"

enum {
        ANSWER_MS = 3000,
};

// The status from the program that runs the machine; NULL if none.
static json_t *ask(const struct machine *machine)
{
        AUTO_CLOSE int fd = control_connect(machine, NULL);
        if (fd < 0 || !control_send(fd, json_pack("{s:s}", "command", "status"), NULL))
                return NULL;
        return control_answer(fd, ANSWER_MS, NULL);
}

static json_t *last_run(const struct machine *machine)
{
        AUTO_RUN struct run run;
        runs_newest(machine->runs_folder, false, &run);
        return run.folder ? json_pack("{s:s, s:s}", "folder", run.folder, "outcome", run_outcome(&run)) : NULL;
}

static json_t *describe(const struct machine *machine)
{
        const struct machine_identity *identity = &machine->identity;
        json_t *json = json_pack("{s:s, s:b}", "machine", machine->folder, "installed", machine->installed);
        if (!machine->installed)
                return json;
        AUTO_FREE char *entry = text_format("Boot%04X \"%s\"", identity->entry.number, identity->entry.label);
        json_t *more = json_pack("{s:s?, s:b, s:I, s:s?, s:s, s:s?}", "guest", identity->profile, "rehearsal",
                                 identity->rehearsal, "disk_size", (json_int_t)identity->disk.size, "firmware",
                                 identity->firmware.name, "boot_entry", entry, "installed_at", identity->installed_at);
        json_object_update(json, more);
        json_decref(more);
        return json;
}

static void add_state(json_t *json, const struct machine *machine)
{
        uint64_t owner;
        json_t *run = ask(machine);
        bool held = machine_is_held(machine, &owner);
        const char *resting = machine->installed ? "installed" : "unfinished";
        json_object_set_new(json, "state", json_string(run ? "up" : held ? "starting" : resting));
        if (run)
                json_object_set_new(json, "run", run);
        else if (held)
                json_object_set_new(json, "run", json_pack("{s:I}", "pid", (json_int_t)owner));
        json_t *last = run || held ? NULL : last_run(machine);
        if (last)
                json_object_set_new(json, "last_run", last);
}

// Removes the leftovers of a launcher that died. A user without write permission still gets the status.
static bool recover(struct machine *machine, struct error *err)
{
        uint64_t owner;
        if (machine_is_held(machine, &owner) || !owner || !machine_lock(machine, NULL))
                return true;
        bool recovered = recovery_run(machine, err);
        machine_unlock(machine);
        return recovered;
}

void usage_runs(const struct machine *machine, const char *folder, struct runs *runs)
{
        uint64_t owner;
        bool held = machine_is_held(machine, &owner);
        json_t *up = held ? ask(machine) : NULL;
        runs_read(folder, json_string_value(json_object_get(up, "evidence")), held, runs);
        json_decref(up);
}

json_t *usage_of(const char *folder, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        if (!machine_open(folder, false, &machine, err) || !recover(&machine, err))
                return NULL;
        json_t *json = describe(&machine);
        add_state(json, &machine);
        return json;
}
