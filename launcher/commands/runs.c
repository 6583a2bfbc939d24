// SPDX-License-Identifier: Apache-2.0
//
// esxiarm runs: the runs of a machine and their outcomes.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/commands/standing.h"
#include "varstore/report.h"

struct values {
        const char *folder;
        bool json;
};

// "2026-05-04T09:07:12Z", freed with free(); "-" if not known.
static char *stamp_of(const struct run *run)
{
        char stamp[32];
        time_t began = (time_t)run->began;
        struct tm utc;
        if (!run->began || !gmtime_r(&began, &utc) || !strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc))
                return memory_text("-");
        return memory_text(stamp);
}

static void print_run(const struct run *run, int tag_width)
{
        AUTO_FREE char *tag = text_printable(run->tag, strlen(run->tag), false);
        AUTO_FREE char *kind = text_printable(run->kind, strlen(run->kind), false);
        AUTO_FREE char *began = stamp_of(run);
        AUTO_FREE char *duration = text_duration((uint64_t)(run->duration * 1000));
        const char *outcome = run_outcome(run);
        AUTO_FREE char *shown = text_printable(outcome, strlen(outcome), false);
        const char *booted = run->booted ? run->booted : "";
        AUTO_FREE char *entry = text_printable(booted, strlen(booted), false);
        char *path = strstr(entry, "\" from ");
        if (path)
                path[1] = '\0';
        printf("%-*s  %-7s  %-20s  %12s  %-11s  %s\n", tag_width, tag, kind, began, duration, shown, entry);
}

static void print_runs(const struct runs *runs)
{
        size_t widest = strlen("RUN");
        for (size_t i = 0; i < runs->count; i++) {
                size_t width = strlen(runs->items[i].tag);
                widest = width > widest ? width : widest;
        }
        printf("%-*s  %-7s  %-20s  %12s  %-11s  %s\n", (int)widest, "RUN", "KIND", "BEGAN", "DURATION", "OUTCOME",
               "BOOTED");
        for (size_t i = 0; i < runs->count; i++)
                print_run(&runs->items[i], (int)widest);
}

static json_t *run_json(const struct run *run)
{
        static const char *const states[] = {
                [RUN_ENDED] = "ended",
                [RUN_UNDER_WAY] = "under way",
                [RUN_UNFINISHED] = "unfinished",
        };
        AUTO_FREE char *began = stamp_of(run);
        return json_pack("{s:o, s:o, s:o, s:o, s:f, s:s, s:o, s:o, s:o, s:b}", "run", report_text(run->tag), "folder",
                         report_text(run->folder), "kind", report_text(run->kind), "began",
                         run->began ? json_string(began) : json_null(), "duration", run->duration, "state",
                         states[run->state], "outcome", report_text(run->outcome), "message", report_text(run->message),
                         "booted", report_text(run->booted), "rehearsal", run->rehearsal);
}

static void print_json(const struct runs *runs)
{
        json_t *list = json_array();
        for (size_t i = 0; i < runs->count; i++)
                json_array_append_new(list, run_json(&runs->items[i]));
        cli_print_json(json_pack("{s:o}", "runs", list));
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        AUTO_MACHINE struct machine machine = {.lock = -1};
        AUTO_RUNS struct runs runs = {0};
        if (!machine_open(operands[0], false, &machine, err))
                return (int)err->code;
        usage_runs(&machine, values->folder ? values->folder : machine.runs_folder, &runs);
        if (values->json)
                print_json(&runs);
        else if (runs.count)
                print_runs(&runs);
        else
                cli_note("no run yet");
        return 0;
}

static const struct cli_option options[] = {
        LOG_DIR_OPTION(struct values, folder),
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print them as JSON"},
        {0},
};

const struct cli_command cmd_runs = {
        .name = "runs",
        .operands = "MACHINE",
        .summary = "lists the runs of a machine: time, duration, outcome, boot entry",
        .details =
                "The newest is the last. OUTCOME is pass, fail, timed out, panic, stopped, interrupted or error. A "
                "run\n"
                "without a result is under way, or unfinished if its launcher was killed. \"up\" has passed, and the\n"
                "machine is still running.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
