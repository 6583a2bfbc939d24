// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/console.h"
#include "verify/junit.h"

struct evidence {
        char *folder;
        uint64_t began_us;
        FILE *events, *lines, *cast;
        struct log *log;
        struct buffer unfinished; // the start of a UTF-8 sequence whose rest has not come yet
        struct text suites;       // of junit.xml so far
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

static void take_line(const struct log_line *line, void *context)
{
        struct evidence *evidence = context;
        uint64_t ms = evidence_elapsed_ms(evidence);
        fprintf(evidence->lines, "[%4" PRIu64 ".%03" PRIu64 "] %s\n", ms / 1000, ms % 1000, line->text);
        if (evidence->handler)
                evidence->handler(line, evidence->handler_context);
}

// Makes RUNS/TAG, or RUNS/TAG-2 and so on where that is taken.
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
        error_set(err, ERROR_ENVIRONMENT, "%s: there are 999 runs of that name already", plain);
        return NULL;
}

static FILE *open_in(const struct evidence *evidence, const char *name, struct error *err)
{
        AUTO_FREE char *path = evidence_path(evidence, name);
        FILE *file = fopen(path, "we");
        if (!file)
                error_system(err, "%s: cannot create", path);
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
                error_set(err, ERROR_USAGE, "the run's tag '%s' must be a plain file name", shown);
                return NULL;
        }
        AUTO_FREE char *created = make_folder(runs, tag ? tag : made, err);
        if (!created)
                return NULL;
        // Absolute, because QEMU, which runs in another folder, writes there too.
        char *folder = realpath(created, NULL);
        if (!folder) {
                error_system(err, "%s", created);
                return NULL;
        }
        AUTO_EVIDENCE struct evidence *evidence = memory_new(1, sizeof *evidence);
        evidence->folder = folder;
        evidence->began_us = time_now_us();
        evidence->log = log_new(take_line, evidence);
        if (!(evidence->events = open_in(evidence, "events.jsonl", err)) ||
            !(evidence->lines = open_in(evidence, "console.txt", err)) ||
            !(evidence->cast = open_in(evidence, "console.cast", err)))
                return NULL;
        fprintf(evidence->cast, "{\"version\": 2, \"width\": %d, \"height\": %d, \"timestamp\": %lld}\n",
                CONSOLE_COLUMNS, CONSOLE_ROWS, (long long)time(NULL));
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
        text_free(&(*evidence)->suites);
        free((*evidence)->folder);
        free(*evidence);
        *evidence = NULL;
}

void evidence_on_line(struct evidence *evidence, log_line_handler *handler, void *context)
{
        evidence->handler = handler;
        evidence->handler_context = context;
}

// One output event of the recording. Its text must be valid UTF-8, so a sequence that the chunk cuts waits for the next.
static void record(struct evidence *evidence, const void *data, size_t size)
{
        buffer_add(&evidence->unfinished, data, size);
        AUTO_TEXT struct text text = {0};
        size_t taken = text_add_repaired(&text, (const char *)evidence->unfinished.data, evidence->unfinished.size);
        evidence->unfinished.size -= taken;
        if (taken)
                memmove(evidence->unfinished.data, evidence->unfinished.data + taken, evidence->unfinished.size);
        uint64_t us = elapsed_us(evidence);
        json_t *string = json_stringn_nocheck(text_string(&text), text.length);
        AUTO_FREE char *quoted = json_dumps(string, JSON_ENCODE_ANY);
        json_decref(string);
        if (quoted)
                fprintf(evidence->cast, "[%" PRIu64 ".%06" PRIu64 ", \"o\", %s]\n", us / 1000000, us % 1000000, quoted);
}

void evidence_console(struct evidence *evidence, const void *data, size_t size)
{
        record(evidence, data, size);
        log_feed(evidence->log, data, size);
}

void evidence_quiet(struct evidence *evidence)
{
        log_finish(evidence->log);
}

void evidence_flush(struct evidence *evidence)
{
        fflush(evidence->lines);
        fflush(evidence->cast);
        fflush(evidence->events);
}

void evidence_event(struct evidence *evidence, const char *kind, json_t *fields)
{
        json_t *event = json_object();
        json_object_set_new(event, "time", json_real((double)elapsed_us(evidence) / 1e6));
        json_object_set_new(event, "event", json_string(kind));
        if (fields)
                json_object_update_missing(event, fields);
        json_decref(fields);
        json_dumpf(event, evidence->events, JSON_COMPACT | JSON_REAL_PRECISION(9));
        fputc('\n', evidence->events);
        fflush(evidence->events);
        json_decref(event);
}

static bool write_file(struct evidence *evidence, const char *name, const char *content, struct error *err)
{
        AUTO_FREE char *path = evidence_path(evidence, name);
        return file_replace(path, 0666, (struct bytes){(const uint8_t *)content, strlen(content)}, err);
}

bool evidence_result(struct evidence *evidence, const json_t *result, struct error *err)
{
        AUTO_FREE char *content = json_dumps(result, JSON_INDENT(2));
        AUTO_FREE char *lines = text_format("%s\n", content);
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
