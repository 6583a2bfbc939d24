// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/screen/console.h"
#include "verify/log/junit.h"

enum {
        FILE_BUFFER = 1 << 16,     // so that a flood is written in large pieces
        FLUSH_INTERVAL_US = 250000 // flushing every few bytes would cost more than all other work on them
};

struct evidence {
        char *folder;
        uint64_t began_us, now_us, flushed_us; // NOW_US is when the latest bytes were printed
        FILE *events, *lines, *cast;
        struct log *log;
        struct buffer unfinished; // the start of a UTF-8 sequence whose rest is still to come
        struct text quoted;       // the new output, as JSON
        struct text stamp;        // put before each line printed at STAMPED_MS
        uint64_t stamped_ms;
        struct text suites; // of junit.xml so far
        json_t *facts;
        log_line_handler *handler;
        void *handler_context;
};

static uint64_t elapsed_us(const struct evidence *evidence)
{
        return time_now_us() - evidence->began_us;
}

uint64_t evidence_elapsed_ms(const struct evidence *evidence)
{
        return elapsed_us(evidence) / 1000;
}

const char *evidence_folder(const struct evidence *evidence)
{
        return evidence->folder;
}

char *evidence_path(const struct evidence *evidence, const char *name)
{
        return file_path(evidence->folder, name);
}

// Adds UNITS as a number with PLACES decimals and at least WIDTH digits before the point. This runs for every line and
// every few bytes of console output, where printf would take most of the time.
static void add_decimal(struct text *text, uint64_t units, unsigned places, unsigned width)
{
        char digits[32];
        size_t at = sizeof digits;
        for (unsigned place = 0; place <= places || units; place++, units /= 10) {
                if (place == places)
                        digits[--at] = '.';
                digits[--at] = (char)('0' + units % 10);
        }
        while (at > sizeof digits - places - 1 - width)
                digits[--at] = ' ';
        text_add_span(text, digits + at, sizeof digits - at);
}

static void stamp(struct evidence *evidence, uint64_t ms)
{
        if (ms == evidence->stamped_ms && evidence->stamp.length)
                return;
        evidence->stamped_ms = ms;
        text_clear(&evidence->stamp);
        text_add_char(&evidence->stamp, '[');
        add_decimal(&evidence->stamp, ms, 3, 4);
        text_add(&evidence->stamp, "] ");
}

static void take_line(const struct log_line *line, void *context)
{
        struct evidence *evidence = context;
        stamp(evidence, evidence->now_us / 1000);
        fwrite(evidence->stamp.data, 1, evidence->stamp.length, evidence->lines);
        fwrite(line->text, 1, line->length, evidence->lines);
        putc('\n', evidence->lines);
        if (evidence->handler)
                evidence->handler(line, evidence->handler_context);
}

// Creates RUNS/TAG, or RUNS/TAG-2 and so on if that exists.
static char *make_folder(const char *runs, const char *tag, struct error *err)
{
        if (!file_make_folder(runs, 0777, err))
                return NULL;
        AUTO_FREE char *plain = file_path(runs, tag);
        for (unsigned number = 1; number < 1000; number++) {
                char *folder = number == 1 ? memory_text(plain) : text_format("%s-%u", plain, number);
                if (mkdir(folder, 0777) == 0)
                        return folder;
                bool taken = errno == EEXIST;
                if (!taken)
                        error_system(err, "%s: cannot create the folder", folder);
                free(folder);
                if (!taken)
                        return NULL;
        }
        error_set(err, ERROR_ENVIRONMENT, "%s: 999 runs already have this name; choose another --run-tag", plain);
        return NULL;
}

static FILE *open_in(const struct evidence *evidence, const char *name, struct error *err)
{
        AUTO_FREE char *path = evidence_path(evidence, name);
        FILE *file = fopen(path, "we");
        if (!file)
                error_system(err, "%s: cannot create", path);
        else
                setvbuf(file, NULL, _IOFBF, FILE_BUFFER);
        return file;
}

static bool is_file_name(const char *tag)
{
        bool plain = *tag && *tag != '.' && !strchr(tag, '/');
        for (; *tag; tag++)
                plain = plain && (unsigned char)*tag >= ' ' && *tag != 0x7F;
        return plain;
}

struct evidence *evidence_begin(const char *runs, const char *tag, const char *kind, struct error *err)
{
        AUTO_FREE char *stamp = time_tag();
        AUTO_FREE char *made = text_format("%s-%s", stamp, kind);
        if (tag && !is_file_name(tag)) {
                AUTO_FREE char *shown = text_printable(tag, strlen(tag), false);
                error_set(err, ERROR_USAGE, "--run-tag: '%s' is not a plain file name", shown);
                return NULL;
        }
        AUTO_FREE char *created = make_folder(runs, tag ? tag : made, err);
        if (!created)
                return NULL;
        // Absolute, because QEMU runs in another folder and writes here too.
        char *folder = realpath(created, NULL);
        if (!folder) {
                error_system(err, "%s", created);
                return NULL;
        }
        AUTO_EVIDENCE struct evidence *evidence = memory_new(1, sizeof *evidence);
        evidence->folder = folder;
        evidence->facts = json_object();
        evidence->began_us = time_now_us();
        evidence->log = log_new(take_line, evidence);
        if (!(evidence->events = open_in(evidence, "events.jsonl", err)) ||
            !(evidence->lines = open_in(evidence, "console.txt", err)) ||
            !(evidence->cast = open_in(evidence, "console.cast", err)))
                return NULL;
        fprintf(evidence->cast, "{\"version\": 2, \"width\": %d, \"height\": %d, \"timestamp\": %lld}\n",
                CONSOLE_COLUMNS, CONSOLE_ROWS, (long long)time(NULL));
        AUTO_FREE char *now = time_stamp();
        evidence_event(evidence, "run-start",
                       json_pack("{s:s, s:s, s:s}", "kind", kind, "started_at", now, "program", "esxiarm " VERSION));
        return MEMORY_TAKE(evidence);
}

void evidence_free(struct evidence **evidence)
{
        if (!*evidence)
                return;
        FILE *const files[] = {(*evidence)->events, (*evidence)->lines, (*evidence)->cast};
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                if (files[i])
                        fclose(files[i]);
        }
        log_free(&(*evidence)->log);
        buffer_free(&(*evidence)->unfinished);
        text_free(&(*evidence)->quoted);
        text_free(&(*evidence)->stamp);
        text_free(&(*evidence)->suites);
        json_decref((*evidence)->facts);
        free((*evidence)->folder);
        free(*evidence);
        *evidence = NULL;
}

void evidence_on_line(struct evidence *evidence, log_line_handler *handler, void *context)
{
        evidence->handler = handler;
        evidence->handler_context = context;
}

// How many leading bytes need no escape in a JSON string.
static size_t plain_in_json(const uint8_t *bytes, size_t size)
{
        size_t length = 0;
        while (length < size && bytes[length] >= ' ' && bytes[length] < 0x80 && bytes[length] != '"' &&
               bytes[length] != '\\')
                length++;
        return length;
}

// Source: RFC 8259, 7.
static void escape_in_json(struct text *json, uint8_t byte)
{
        static const char *const shorts[] = {
                ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
        static const char digits[] = "0123456789ABCDEF";
        if (byte < sizeof shorts / sizeof *shorts && shorts[byte]) {
                text_add(json, shorts[byte]);
                return;
        }
        const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
        text_add_span(json, escape, sizeof escape);
}

// Adds the leading bytes that are not ASCII and returns how many were used: all but an incomplete sequence at the end.
static size_t quote_others(struct text *json, const uint8_t *bytes, size_t size)
{
        size_t length = 0;
        while (length < size && bytes[length] >= 0x80)
                length++;
        size_t taken = text_add_repaired(json, (const char *)bytes, length);
        if (taken < length && length < size) {
                text_add_utf8(json, 0xFFFD);
                return length;
        }
        return taken;
}

// Adds BYTES to a JSON string, with invalid UTF-8 repaired, and returns how many were used.
static size_t quote(struct text *json, const uint8_t *bytes, size_t size)
{
        size_t at = 0;
        while (at < size) {
                size_t plain = plain_in_json(bytes + at, size - at);
                text_add_span(json, (const char *)bytes + at, plain);
                at += plain;
                if (at == size)
                        break;
                if (bytes[at] < 0x80) {
                        escape_in_json(json, bytes[at++]);
                        continue;
                }
                size_t taken = quote_others(json, bytes + at, size - at);
                if (!taken)
                        break;
                at += taken;
        }
        return at;
}

// Writes one output event of the recording. It must be valid UTF-8, so an incomplete sequence waits for the next bytes.
static void record(struct evidence *evidence, const void *data, size_t size)
{
        struct buffer *unfinished = &evidence->unfinished;
        struct text *quoted = &evidence->quoted;
        bool joined = unfinished->size;
        if (joined)
                buffer_add(unfinished, data, size);
        const uint8_t *bytes = joined ? unfinished->data : data;
        size = joined ? unfinished->size : size;
        text_clear(quoted);
        text_add_char(quoted, '[');
        add_decimal(quoted, evidence->now_us, 6, 1);
        text_add(quoted, ", \"o\", \"");
        size_t taken = quote(quoted, bytes, size);
        text_add(quoted, "\"]\n");
        if (joined && taken)
                memmove(unfinished->data, unfinished->data + taken, size - taken);
        else if (!joined)
                buffer_add(unfinished, bytes + taken, size - taken);
        unfinished->size = size - taken;
        if (!taken)
                return;
        fwrite(quoted->data, 1, quoted->length, evidence->cast);
}

void evidence_console(struct evidence *evidence, const void *data, size_t size, uint64_t printed_us)
{
        if (printed_us > evidence->began_us + evidence->now_us)
                evidence->now_us = printed_us - evidence->began_us;
        if (size)
                record(evidence, data, size);
        log_feed(evidence->log, data, size);
}

static void flush(struct evidence *evidence)
{
        evidence->flushed_us = elapsed_us(evidence);
        fflush(evidence->lines);
        fflush(evidence->cast);
}

void evidence_quiet(struct evidence *evidence)
{
        log_finish(evidence->log);
        flush(evidence);
}

void evidence_flush(struct evidence *evidence)
{
        if (!evidence->flushed_us || elapsed_us(evidence) >= evidence->flushed_us + FLUSH_INTERVAL_US)
                flush(evidence);
}

void evidence_fact(struct evidence *evidence, const char *name, json_t *value)
{
        json_object_set_new(evidence->facts, name, value);
}

const json_t *evidence_facts(const struct evidence *evidence)
{
        return evidence->facts;
}

// Begins EVENT's step in the list of steps.
static void note_step(struct evidence *evidence, const json_t *event)
{
        json_t *steps = json_object_get(evidence->facts, "steps");
        if (!steps)
                json_object_set_new(evidence->facts, "steps", steps = json_array());
        json_t *step = json_object();
        static const char *const names[] = {"step", "title", "time"};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                json_object_set(step, names[i], json_object_get(event, names[i]));
        json_array_append_new(steps, step);
}

void evidence_event(struct evidence *evidence, const char *kind, json_t *fields)
{
        json_t *event = json_object();
        json_object_set_new(event, "time", json_real((double)elapsed_us(evidence) / 1e6));
        json_object_set_new(event, "event", json_string(kind));
        if (fields)
                json_object_update_missing(event, fields);
        json_decref(fields);
        if (strcmp(kind, "step") == 0)
                note_step(evidence, event);
        json_dumpf(event, evidence->events, JSON_COMPACT | JSON_REAL_PRECISION(9));
        fputc('\n', evidence->events);
        fflush(evidence->events);
        json_decref(event);
}

static bool write_file(struct evidence *evidence, const char *name, const char *content, struct error *err)
{
        AUTO_FREE char *path = evidence_path(evidence, name);
        return file_replace_unsynced(path, 0666, (struct bytes){(const uint8_t *)content, strlen(content)}, err);
}

bool evidence_result(struct evidence *evidence, const json_t *result, struct error *err)
{
        AUTO_FREE char *lines = json_lines(result, 2);
        return write_file(evidence, "result.json", lines, err);
}

bool evidence_junit(struct evidence *evidence, const char *suite, const struct criteria_verdict *verdict,
                    struct error *err)
{
        const struct junit_suite row = {
                .name = suite,
                .findings = verdict->findings,
                .count = verdict->count,
                .duration_ms = evidence_elapsed_ms(evidence),
        };
        junit_add(&evidence->suites, &row);
        AUTO_FREE char *xml = junit_document(&evidence->suites);
        return write_file(evidence, "junit.xml", xml, err);
}
