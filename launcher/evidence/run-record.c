// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/run-record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        RESULT_LIMIT = 8 << 20,
        EVENTS_LIMIT = 64 << 20, // bytes of events.jsonl that are read
        LINE_LIMIT = 1 << 20,
        SCREEN_LIMIT = 65536,
        MOMENTS_LIMIT = 400,
        SCREENS_LIMIT = 60,
};

struct reader {
        struct run_record *record;
        size_t screens;
        double last; // time of the last event
};

static bool is_file(const char *folder, const char *name)
{
        AUTO_FREE char *path = file_path(folder, name);
        return file_exists(path);
}

bool run_record_is(const char *folder)
{
        return is_file(folder, "events.jsonl") || is_file(folder, "result.json");
}

// The text of FOLDER's NAME.ansi, or else NAME.txt; freed with free(). NULL if neither exists.
static char *read_screen(const char *folder, const char *name)
{
        static const char *const endings[] = {".ansi", ".txt"};
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
                AUTO_FREE char *file_name = text_format("%s%s", name, endings[i]);
                AUTO_FREE char *path = file_path(folder, file_name);
                AUTO_BUFFER struct buffer content = {0};
                AUTO_ERROR struct error err = {0};
                if (file_exists(path) && file_read(path, SCREEN_LIMIT, &content, &err))
                        return text_format("%.*s", (int)content.size, content.size ? (const char *)content.data : "");
        }
        return NULL;
}

// Frees TITLE.
static void add_moment(struct reader *reader, double time, enum run_moment_kind kind, char *title, const char *screen)
{
        struct run_record *record = reader->record;
        if (record->count == MOMENTS_LIMIT) {
                record->left_out++;
                free(title);
                return;
        }
        bool shown = screen && strlen(screen) <= SCREEN_LIMIT && reader->screens < SCREENS_LIMIT;
        reader->screens += shown;
        *MEMORY_ADD(record->moments, record->count) = (struct run_moment){
                .time = time, .kind = kind, .title = title, .screen = shown ? memory_text(screen) : NULL};
}

static void take_run_start(struct reader *reader, json_t *event, double time)
{
        (void)time;
        if (!reader->record->start)
                reader->record->start = json_incref(event);
}

static void take_start(struct reader *reader, json_t *event, double time)
{
        const char *command = json_text(event, "command");
        free(reader->record->qemu_command);
        reader->record->qemu_command = command ? memory_text(command) : NULL;
        if (!reader->record->count && time > 0)
                add_moment(reader, 0, RUN_PREPARED, memory_text("Preparation"), NULL);
        add_moment(reader, time, RUN_FIRMWARE, memory_text("QEMU starts"), NULL);
}

static void take_step(struct reader *reader, json_t *event, double time)
{
        const char *title = json_text(event, "title");
        const char *ansi = json_text(event, "screen_ansi");
        title = title ? title : json_text(event, "step");
        add_moment(reader, time, RUN_STEP, memory_text(title ? title : "(a step without a name)"),
                   ansi ? ansi : json_text(event, "screen"));
}

static void take_firmware(struct reader *reader, json_t *event, double time)
{
        const char *verb = json_text(event, "verb");
        const char *label = json_text(event, "label");
        bool failed = verb && !strcmp(verb, "failed");
        if (!verb || !strcmp(verb, "loading"))
                return;
        add_moment(reader, time, failed ? RUN_TROUBLE : RUN_FIRMWARE,
                   text_format("Firmware %s Boot%04X%s%s%s", failed ? "cannot load" : "starts",
                               (unsigned)json_integer_value(json_object_get(event, "entry")) & 0xFFFF,
                               label ? " \"" : "", label ? label : "", label ? "\"" : ""),
                   NULL);
}

// QMP's events about the machine's state, with their reason if it matters.
static const struct {
        const char *event, *reason;
        enum run_moment_kind kind;
        const char *title;
} qmp_events[] = {
        {"RESET", NULL, RUN_FIRMWARE, "Reset"},
        {"SHUTDOWN", "guest-reset", RUN_FIRMWARE, "The guest resets"},
        {"SHUTDOWN", "guest-shutdown", RUN_GUEST, "The guest powers off"},
        {"SHUTDOWN", NULL, RUN_FIRMWARE, "Powered off"},
        {"POWERDOWN", NULL, RUN_FIRMWARE, "The power button is pressed"},
        {"GUEST_PANICKED", NULL, RUN_TROUBLE, "The guest panicked"},
};

static void take_qmp(struct reader *reader, json_t *event, double time)
{
        const json_t *message = json_object_get(event, "message");
        const char *name = json_text(message, "event");
        const char *reason = json_text(json_object_get(message, "data"), "reason");
        for (size_t i = 0; name && i < sizeof qmp_events / sizeof *qmp_events; i++) {
                const char *wanted = qmp_events[i].reason;
                if (strcmp(name, qmp_events[i].event) != 0 || (wanted && (!reason || strcmp(reason, wanted) != 0)))
                        continue;
                add_moment(reader, time, qmp_events[i].kind, memory_text(qmp_events[i].title), NULL);
                return;
        }
}

static void take_timeout(struct reader *reader, json_t *event, double time)
{
        const char *step = json_text(event, "step");
        add_moment(reader, time, RUN_TROUBLE, text_format("Timed out waiting for: %s", step ? step : "the next step"),
                   NULL);
}

// A screenshot that the user asked for. That of a failure is shown separately.
static void take_screenshot(struct reader *reader, json_t *event, double time)
{
        const char *name = json_text(event, "name");
        if (!name || !text_starts_with(name, "screen-") || strchr(name, '/'))
                return;
        AUTO_FREE char *screen = read_screen(reader->record->folder, name);
        add_moment(reader, time, RUN_STEP, memory_text("Screenshot"), screen);
}

static void take_hand_over(struct reader *reader, json_t *event, double time)
{
        (void)event;
        add_moment(reader, time, RUN_STEP, memory_text("The user has the console"), NULL);
}

static void take_hand_back(struct reader *reader, json_t *event, double time)
{
        bool resumed = json_is_true(json_object_get(event, "resumed"));
        add_moment(reader, time, RUN_STEP, memory_text(resumed ? "The user returns the console" : "The user is done"),
                   NULL);
}

static void take_stuck(struct reader *reader, json_t *event, double time)
{
        const char *message = json_text(event, "message");
        add_moment(reader, time, RUN_TROUBLE,
                   text_format("%.*s", (int)(message ? strcspn(message, "\n") : 0), message ? message : ""), NULL);
}

static void take_task(struct reader *reader, json_t *event, double time)
{
        const char *task = json_text(event, "task");
        add_moment(reader, time, RUN_STEP, text_format("The task %s begins", task ? task : ""), NULL);
}

static void take_task_end(struct reader *reader, json_t *event, double time)
{
        bool done = json_is_true(json_object_get(event, "done"));
        const char *task = json_text(event, "task");
        add_moment(reader, time, done ? RUN_STEP : RUN_TROUBLE,
                   text_format("The task %s %s", task ? task : "", done ? "is done" : "failed"), NULL);
}

static const struct {
        const char *name;
        void (*take)(struct reader *reader, json_t *event, double time);
} events[] = {
        {"run-start", take_run_start},
        {"qemu-start", take_start},
        {"step", take_step},
        {"firmware", take_firmware},
        {"qmp", take_qmp},
        {"timeout", take_timeout},
        {"stuck", take_stuck},
        {"task", take_task},
        {"task-end", take_task_end},
        {"screenshot", take_screenshot},
        {"hand-over", take_hand_over},
        {"hand-back", take_hand_back},
};

static void take_event(struct reader *reader, const char *line, size_t length)
{
        json_t *event = json_loadb(line, length, 0, NULL);
        const char *name = json_text(event, "event");
        double time = json_number_value(json_object_get(event, "time"));
        if (time > reader->last)
                reader->last = time;
        for (size_t i = 0; name && i < sizeof events / sizeof *events; i++) {
                if (!strcmp(name, events[i].name))
                        events[i].take(reader, event, time);
        }
        json_decref(event);
}

// Reads events.jsonl line by line; lines that are too long or cut off are skipped.
static void read_events(struct reader *reader)
{
        AUTO_FREE char *path = file_path(reader->record->folder, "events.jsonl");
        AUTO_FREE char *line = memory_new(LINE_LIMIT, 1);
        FILE *file = fopen(path, "re");
        size_t length = 0;
        size_t total = 0;
        for (int byte; file && (byte = getc_unlocked(file)) != EOF && total < EVENTS_LIMIT; total++) {
                if (byte != '\n') {
                        if (length < LINE_LIMIT)
                                line[length] = (char)byte;
                        length++;
                        continue;
                }
                if (length < LINE_LIMIT)
                        take_event(reader, line, length);
                length = 0;
        }
        if (file)
                fclose(file);
}

// Makes a met criterion a moment, unless an event reports it: a step of the installer, or what the firmware starts.
static void take_criterion(struct reader *reader, const json_t *row)
{
        const char *name = json_text(row, "name");
        const char *kind = json_text(row, "kind");
        const char *text = json_text(row, "text");
        if (!json_is_true(json_object_get(row, "met")) || !name || !text || strstr(text, "BdsDxe:"))
                return;
        bool is_forbidden = kind && !strcmp(kind, "forbidden");
        add_moment(reader, json_number_value(json_object_get(row, "time")), is_forbidden ? RUN_TROUBLE : RUN_GUEST,
                   memory_text(name), NULL);
}

static void read_criteria(struct reader *reader)
{
        const char *phase;
        json_t *rows;
        json_object_foreach (json_object_get(reader->record->result, "criteria"), phase, rows) {
                bool has_steps = !strcmp(phase, "install");
                for (size_t i = 0; i < json_array_size(rows); i++) {
                        const json_t *row = json_array_get(rows, i);
                        const char *kind = json_text(row, "kind");
                        if (!has_steps || (kind && !strcmp(kind, "forbidden")))
                                take_criterion(reader, row);
                }
        }
}

static int by_time(const void *a, const void *b)
{
        const struct run_moment *one = a;
        const struct run_moment *other = b;
        return (one->time > other->time) - (one->time < other->time);
}

// qsort may reorder equal elements; these keep the order of the file.
static void sort_moments(struct run_record *record)
{
        for (size_t i = 1; i < record->count; i++) {
                for (size_t at = i; at && by_time(&record->moments[at - 1], &record->moments[at]) > 0; at--) {
                        struct run_moment moved = record->moments[at];
                        record->moments[at] = record->moments[at - 1];
                        record->moments[at - 1] = moved;
                }
        }
}

static json_t *read_json(const char *folder, const char *name)
{
        AUTO_FREE char *path = file_path(folder, name);
        AUTO_BUFFER struct buffer content = {0};
        AUTO_ERROR struct error err = {0};
        if (!file_exists(path) || !file_read(path, RESULT_LIMIT, &content, &err))
                return NULL;
        json_t *json = json_loadb((const char *)content.data, content.size, 0, NULL);
        if (json_is_object(json))
                return json;
        json_decref(json);
        return NULL;
}

bool run_record_read(const char *folder, struct run_record *record, struct error *err)
{
        if (!run_record_is(folder))
                return error_set(err, ERROR_USAGE, "%s: not the folder of a run: it has no events.jsonl", folder);
        *record = (struct run_record){.folder = realpath(folder, NULL)};
        if (!record->folder)
                return error_system(err, "%s", folder);
        record->name = memory_text(strrchr(record->folder, '/') + 1);
        record->result = read_json(record->folder, "result.json");
        record->failure_screen = read_screen(record->folder, "failure-screen");
        struct reader reader = {.record = record};
        read_events(&reader);
        read_criteria(&reader);
        sort_moments(record);
        record->end = json_number_value(json_object_get(record->result, "duration"));
        if (record->end <= 0)
                record->end = reader.last;
        return true;
}

void run_record_free(struct run_record *record)
{
        for (size_t i = 0; i < record->count; i++) {
                free(record->moments[i].title);
                free(record->moments[i].screen);
        }
        free(record->moments);
        free(record->folder);
        free(record->name);
        free(record->qemu_command);
        free(record->failure_screen);
        json_decref(record->start);
        json_decref(record->result);
        *record = (struct run_record){0};
}
