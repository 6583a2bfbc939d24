// SPDX-License-Identifier: Apache-2.0
#include "launcher/usage.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "launcher/control.h"
#include "launcher/profile.h"
#include "launcher/recovery.h"

enum {
        ANSWER_MS = 3000,
        RESULT_LIMIT = 16 << 20,
};

// What the program that has it up tells; NULL where nobody does.
static json_t *ask(const struct machine *machine)
{
        AUTO_CLOSE int fd = control_connect(machine, NULL);
        if (fd < 0 || !control_send(fd, json_pack("{s:s}", "command", "status"), NULL))
                return NULL;
        return control_answer(fd, ANSWER_MS, NULL);
}

// The newest folder in FOLDER, by its name's time of change; freed with free(), NULL where there is none.
static char *newest_in(const char *folder)
{
        DIR *stream = opendir(folder);
        AUTO_FREE char *newest = NULL;
        struct timespec best = {0};
        for (const struct dirent *entry; stream && (entry = readdir(stream));) {
                AUTO_FREE char *path = file_path(folder, entry->d_name);
                AUTO_FREE char *events = file_path(path, "events.jsonl");
                struct stat status;
                if (entry->d_name[0] == '.' || stat(events, &status) != 0)
                        continue;
                bool newer = status.st_mtim.tv_sec > best.tv_sec ||
                             (status.st_mtim.tv_sec == best.tv_sec && status.st_mtim.tv_nsec >= best.tv_nsec);
                if (!newer)
                        continue;
                best = status.st_mtim;
                memory_free_pointer(&newest);
                newest = MEMORY_TAKE(path);
        }
        if (stream)
                closedir(stream);
        return MEMORY_TAKE(newest);
}

static json_t *last_run(const struct machine *machine)
{
        AUTO_FREE char *folder = newest_in(machine->runs_folder);
        if (!folder)
                return NULL;
        AUTO_FREE char *path = file_path(folder, "result.json");
        AUTO_BUFFER struct buffer content = {0};
        json_t *result = file_read(path, RESULT_LIMIT, &content, NULL) && content.size
                                 ? json_loadb((const char *)content.data, content.size, 0, NULL)
                                 : NULL;
        const char *outcome = json_string_value(json_object_get(result, "outcome"));
        json_t *run = json_pack("{s:s, s:s}", "folder", folder, "outcome", outcome ? outcome : "unfinished");
        json_decref(result);
        return run;
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

// Clears away what a launcher that died has left. Who cannot write there still may look.
static bool recover(struct machine *machine, struct error *err)
{
        uint64_t owner;
        if (machine_is_held(machine, &owner) || !owner || !machine_lock(machine, NULL))
                return true;
        bool recovered = recovery_run(machine, err);
        machine_unlock(machine);
        return recovered;
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
