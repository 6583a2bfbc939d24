// SPDX-License-Identifier: Apache-2.0
//
// esxiarm report: one run as a page.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "launcher/commands/commands.h"
#include "launcher/evidence/run-record.h"
#include "launcher/evidence/runs.h"
#include "launcher/report/report.h"

struct values {
        const char *output;
        bool force, json;
};

// Whether PATH is a file that is not a report, which this command must not replace.
static bool is_something_else(const char *path)
{
        char start[sizeof REPORT_BEGINNING] = "";
        FILE *file = fopen(path, "re");
        if (!file)
                return false;
        size_t size = fread(start, 1, sizeof start - 1, file);
        fclose(file);
        return size && strcmp(start, REPORT_BEGINNING) != 0;
}

// The run's folder, and in MACHINE the machine if the user named one; NULL with ERR filled on failure.
static char *find_run(int count, char **operands, char **machine_folder, struct error *err)
{
        struct machine machine;
        // The folder of a run may be given without a machine.
        if (count == 1 && run_record_is(operands[0]))
                return memory_text(operands[0]);
        if (!machine_open(operands[0], false, &machine, err))
                return NULL;
        AUTO_RUN struct run run = {0};
        if (count > 1)
                runs_find(machine.runs_folder, operands[1], &run, err);
        else
                runs_newest(machine.runs_folder, false, &run);
        if (!run.folder && !err->code)
                error_set(err, ERROR_USAGE, "%s has no run yet", machine.folder);
        char *folder = run.folder ? memory_text(run.folder) : NULL;
        *machine_folder = memory_text(machine.folder);
        machine_close(&machine);
        return folder;
}

static void print(const struct values *values, const char *run, const char *path, const struct report_outcome *outcome,
                  size_t size)
{
        if (values->json) {
                cli_print_json(json_pack("{s:s, s:s, s:s, s:b, s:I}", "report", path, "run", run, "outcome",
                                         outcome->verdict, "rehearsal", outcome->is_rehearsal, "size",
                                         (json_int_t)size));
                return;
        }
        AUTO_FREE char *length = text_size(size);
        printf("%s: %s, %s\n", path, outcome->verdict, length);
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        const struct values *values = given;
        AUTO_FREE char *machine = NULL;
        AUTO_FREE char *folder = find_run(count, operands, &machine, err);
        if (!folder)
                return (int)err->code;
        AUTO_FREE char *usual = file_path(folder, "report.html");
        const char *path = values->output ? values->output : usual;
        if (!values->force && is_something_else(path)) {
                error_set(err, ERROR_USAGE, "-o: %s exists and is not a report; --force replaces it", path);
                return (int)err->code;
        }
        AUTO_TEXT struct text html = {0};
        struct report_outcome outcome;
        const struct report_input input = {.machine_folder = machine, .run_folder = folder};
        if (report_make(&input, &html, &outcome, err) &&
            file_replace(path, 0666, (struct bytes){(const uint8_t *)html.data, html.length}, err))
                print(values, folder, path, &outcome, html.length);
        return (int)err->code;
}

static const struct cli_option options[] = {
        {"o", "FILE", CLI_TEXT, offsetof(struct values, output), "the page (default: report.html in the run's folder)"},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "replace FILE even if it is not a report"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_report = {
        .name = "report",
        .operands = "MACHINE|RUN-FOLDER [RUN]",
        .summary = "creates a page about a run: timeline, screens, criteria, boot chain, disk, console",
        .details =
                "RUN is the name of a folder in MACHINE/runs (default: the newest). The page is self-contained, needs\n"
                "no network, and works without JavaScript, which only adds the search in the console. A run whose\n"
                "launcher was killed has a report, too.\n\n"
                "Exit codes: 0 the page was created, whatever the run's verdict; 2 no such machine or run.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 2,
        .run = run,
};
