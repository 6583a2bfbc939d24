// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/runs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/time.h"

enum {
        START = 16384, // bytes of events.jsonl read to find how the run began
        RESULT_LIMIT = 64 << 20,
        NS_IN_S = 1000000000,
};

void run_free(struct run *run)
{
        free(run->folder);
        free(run->tag);
        free(run->kind);
        free(run->console_log);
        json_decref(run->result);
        *run = (struct run){0};
}

void runs_free(struct runs *runs)
{
        for (size_t i = 0; i < runs->count; i++)
                run_free(&runs->items[i]);
        free(runs->items);
        *runs = (struct runs){0};
}

// ---- one run ----

// The first bytes of FOLDER/NAME as text, freed with free(); NULL if there is no such file.
static char *read_start(const char *folder, const char *name)
{
        AUTO_FREE char *path = file_path(folder, name);
        AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return NULL;
        char *start = memory_new(START + 1, 1);
        ssize_t size = read(fd, start, START);
        start[size > 0 ? size : 0] = '\0';
        return start;
}

static json_t *first_line(const char *text)
{
        return text ? json_loadb(text, strcspn(text, "\n"), 0, NULL) : NULL;
}

static void take_start(struct run *run, const char *events)
{
        json_t *event = first_line(events);
        const char *kind = json_text(event, "kind"), *stamp = json_text(event, "started_at");
        run->with_payload = strstr(events, MACHINE_PAYLOAD_DEVICE) != NULL;
        run->kind = memory_text(kind ? kind : run->with_payload ? "install" : "boot");
        if (!stamp || !time_parse_stamp(stamp, &run->began))
                run->began = 0;
        json_decref(event);
}

static void take_recording(struct run *run)
{
        AUTO_FREE char *start = read_start(run->folder, "console.cast");
        json_t *header = first_line(start);
        json_int_t began = json_integer_value(json_object_get(header, "timestamp"));
        run->began = began > 0 ? (uint64_t)began : 0;
        json_decref(header);
}

static void take_result(struct run *run)
{
        AUTO_FREE char *path = file_path(run->folder, "result.json");
        AUTO_BUFFER struct buffer content = {0};
        if (!file_read(path, RESULT_LIMIT, &content, NULL) || !content.size)
                return;
        run->result = json_loadb((const char *)content.data, content.size, 0, NULL);
        run->outcome = json_text(run->result, "outcome");
        run->message = json_text(run->result, "message");
        run->booted = json_text(run->result, "booted");
        run->rehearsal = json_is_true(json_object_get(run->result, "rehearsal"));
        run->duration = json_number_value(json_object_get(run->result, "duration"));
        const char *stamp = json_text(run->result, "started_at");
        if (!run->began && (!stamp || !time_parse_stamp(stamp, &run->began)))
                run->began = 0;
}

static uint64_t changed_ns(const char *folder, const char *name)
{
        AUTO_FREE char *path = file_path(folder, name);
        struct stat status;
        if (stat(path, &status) != 0)
                return 0;
        struct timespec changed = file_modified(&status);
        return (uint64_t)changed.tv_sec * NS_IN_S + (uint64_t)changed.tv_nsec;
}

// False if FOLDER is not a run.
static bool read_run(const char *folder, struct run *run)
{
        AUTO_FREE char *events = read_start(folder, "events.jsonl");
        *run = (struct run){0};
        if (!events)
                return false;
        run->folder = memory_text(folder);
        const char *name = strrchr(folder, '/');
        run->tag = memory_text(name ? name + 1 : folder);
        run->console_log = file_path(folder, "serial.log");
        run->changed_ns = changed_ns(folder, "events.jsonl");
        take_start(run, events);
        take_result(run);
        if (!run->began)
                take_recording(run);
        run->state = run->outcome ? RUN_ENDED : RUN_UNFINISHED;
        return true;
}

// The duration of a run without a result: until its last output, or until now if it is under way.
static void measure(struct run *run)
{
        uint64_t console = changed_ns(run->folder, "console.cast");
        uint64_t last = console > run->changed_ns ? console : run->changed_ns;
        if (run->outcome || !run->began)
                return;
        if (run->state == RUN_UNDER_WAY)
                last = (uint64_t)time(NULL) * NS_IN_S;
        double duration = (double)last / NS_IN_S - (double)run->began;
        run->duration = duration > 0 ? duration : 0;
}

// ---- all of them ----

static int compare_runs(const void *a, const void *b)
{
        const struct run *one = a, *other = b;
        uint64_t began = one->began * NS_IN_S, other_began = other->began * NS_IN_S;
        if (began != other_began)
                return began < other_began ? -1 : 1;
        return one->changed_ns < other->changed_ns ? -1 : one->changed_ns > other->changed_ns;
}

static void add_run(struct runs *runs, const char *folder)
{
        struct run run;
        if (!read_run(folder, &run))
                return;
        *MEMORY_ADD(runs->items, runs->count) = run;
}

static void mark_under_way(struct runs *runs, const char *under_way, bool any)
{
        for (size_t i = runs->count; i-- > 0;) {
                struct run *run = &runs->items[i];
                bool is_it = under_way ? file_is_same(under_way, run->folder) : any && run->state == RUN_UNFINISHED;
                if (is_it) {
                        run->state = RUN_UNDER_WAY;
                        return;
                }
        }
}

void runs_read(const char *folder, const char *under_way, bool any_under_way, struct runs *runs)
{
        *runs = (struct runs){0};
        AUTO_ARGUMENTS struct arguments names = {0};
        folder_names(folder, &names, NULL);
        for (size_t i = 0; i < names.count; i++) {
                AUTO_FREE char *path = file_path(folder, names.values[i]);
                if (*names.values[i] != '.')
                        add_run(runs, path);
        }
        if (runs->count)
                qsort(runs->items, runs->count, sizeof *runs->items, compare_runs);
        mark_under_way(runs, under_way, any_under_way);
        for (size_t i = 0; i < runs->count; i++)
                measure(&runs->items[i]);
}

void runs_newest(const char *folder, bool with_console, struct run *run)
{
        AUTO_RUNS struct runs runs = {0};
        runs_read(folder, NULL, false, &runs);
        *run = (struct run){0};
        for (size_t i = runs.count; i-- > 0;) {
                if (with_console && !file_exists(runs.items[i].console_log))
                        continue;
                *run = runs.items[i];
                runs.items[i] = (struct run){0};
                return;
        }
}

bool runs_find(const char *folder, const char *tag, struct run *run, struct error *err)
{
        AUTO_FREE char *path = strchr(tag, '/') ? memory_text(tag) : file_path(folder, tag);
        size_t length = strlen(path);
        while (length > 1 && path[length - 1] == '/')
                path[--length] = '\0';
        if (!read_run(path, run))
                return error_set(err, ERROR_USAGE, "%s is not a run; esxiarm runs lists them", path);
        measure(run);
        return true;
}

const char *run_outcome(const struct run *run)
{
        if (run->state == RUN_UNDER_WAY)
                return run->outcome ? "up" : "under way";
        return run->outcome ? run->outcome : "unfinished";
}
