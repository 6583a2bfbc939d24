// SPDX-License-Identifier: Apache-2.0
//
// esxiarm diagnose: why a disk does not boot its own system, the evidence, and the command that fixes it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "fw/code-contents.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/diagnosis/forecast.h"
#include "launcher/diagnosis/mend.h"
#include "launcher/diagnosis/target.h"
#include "launcher/evidence/runs.h"
#include "launcher/machine/machine.h"
#include "launcher/payload/payload-tree.h"
#include "varstore/report.h"
#include "verify/causes.h"
#include "verify/diagnose.h"
#include "verify/facts.h"

struct values {
        struct subject_request subject;
        struct arguments logs;
        const char *payload;
        bool fix, json;
};

// The request and the result.
struct examination {
        const struct values *values;
        struct subject *subject;
        struct run run;
        char *code_sha256, *boot_cfg_name;
        struct code_contents contents; // of the firmware
        struct buffer boot_cfg;
        const char **logs;
        size_t log_count;
        struct diagnosis diagnosis;
};

static void examination_free(struct examination *examination)
{
        run_free(&examination->run);
        diagnosis_free(&examination->diagnosis);
        free(examination->code_sha256);
        code_contents_free(&examination->contents);
        free(examination->boot_cfg_name);
        buffer_free(&examination->boot_cfg);
        free(examination->logs);
}
#define AUTO_EXAMINATION __attribute__((cleanup(examination_free)))

static bool read_boot_cfg(struct examination *examination, struct error *err)
{
        const char *path = examination->values->payload;
        AUTO_PAYLOAD_TREE struct payload_tree *tree = NULL;
        bool found = false;
        uint64_t size;
        if (!path)
                return true;
        if (!payload_tree_open(path, &tree, err) || !payload_tree_find(tree, "BOOT.CFG", &found, &size, err))
                return false;
        if (!found)
                return error_set(err, ERROR_USAGE, "the payload %s has no BOOT.CFG", path);
        examination->boot_cfg_name = file_path(path, "BOOT.CFG");
        return payload_tree_read(tree, "BOOT.CFG", FACTS_BOOT_CFG_LIMIT, &examination->boot_cfg, err);
}

// The last run's console, then the user's logs; the last one counts most.
static void gather_logs(struct examination *examination)
{
        const struct arguments *given = &examination->values->logs;
        examination->logs = memory_new(given->count + 1, sizeof *examination->logs);
        if (examination->run.console_log)
                examination->logs[examination->log_count++] = examination->run.console_log;
        for (size_t i = 0; i < given->count; i++)
                examination->logs[examination->log_count++] = given->values[i];
}

static bool prepare(struct examination *examination, struct error *err)
{
        const struct subject *subject = examination->subject;
        if (!read_boot_cfg(examination, err))
                return false;
        if (subject->files.is_machine)
                runs_newest(subject->machine.runs_folder, true, &examination->run);
        gather_logs(examination);
        AUTO_ERROR struct error unread = {0};
        examination->code_sha256 = subject_code_sha256(subject, &unread);
        return true;
}

// Whether another program holds the machine.
static bool is_running(const struct subject *subject)
{
        uint64_t owner;
        return subject->files.is_machine && subject->machine.lock < 0 && machine_is_held(&subject->machine, &owner);
}

// WITH_HISTORY: logs and the last run count, too. After a fix they are out of date.
static bool examine(struct examination *examination, bool with_history, struct error *err)
{
        const struct subject *subject = examination->subject;
        const struct run *run = &examination->run;
        // CODE is not recognised: the vars are used instead.
        AUTO_ERROR struct error unread = {0};
        code_contents_free(&examination->contents);
        struct facts_input input = subject->files;
        input.actual_code = examination->code_sha256;
        input.firmware = forecast_firmware(input.code_path, &examination->contents, &unread);
        input.is_running = is_running(subject);
        input.run = (struct facts_run){.folder = with_history ? run->folder : NULL,
                                       .is_install = run->with_payload,
                                       .is_finished = run->result != NULL,
                                       .outcome = with_history ? run->outcome : NULL,
                                       .message = run->message};
        input.logs = examination->logs;
        input.log_count = with_history ? examination->log_count : 0;
        input.boot_cfg_name = examination->boot_cfg_name;
        input.boot_cfg = buffer_view(&examination->boot_cfg);
        forecast_attach(&input, subject->disk_bus, FORECAST_WITHOUT_PAYLOAD, NULL);
        diagnosis_free(&examination->diagnosis);
        return diagnose(&input, &examination->diagnosis, err);
}

static void plan(const struct examination *examination, const struct finding *finding, struct mend *mend)
{
        mend_plan(examination->subject, &examination->run, &examination->diagnosis, finding, mend);
}

// ---- the report ----

static void print_finding(const struct examination *examination, const struct finding *finding)
{
        const struct cause_row *row = cause_row(finding->cause);
        AUTO_MEND struct mend mend = {0};
        plan(examination, finding, &mend);
        printf("%s: %s\n", row->id, row->title);
        for (size_t i = 0; i < finding->count; i++) {
                const struct evidence_item *item = &finding->items[i];
                printf("  %s\n    found     %s\n", item->where, item->found);
                if (item->expected)
                        printf("    expected  %s\n", item->expected);
        }
        printf("  %s\n", row->advice);
        if (mend.command)
                printf("    %s\n", mend.command);
}

static void print_text(const struct examination *examination)
{
        const struct diagnosis *diagnosis = &examination->diagnosis;
        if (!diagnosis->count)
                printf("healthy: %s\n", diagnosis->boots ? diagnosis->boots : "no problem found");
        for (size_t i = 0; i < diagnosis->count; i++)
                print_finding(examination, &diagnosis->findings[i]);
}

static json_t *finding_json(const struct examination *examination, const struct finding *finding)
{
        const struct cause_row *row = cause_row(finding->cause);
        AUTO_MEND struct mend mend = {0};
        plan(examination, finding, &mend);
        json_t *items = json_array();
        for (size_t i = 0; i < finding->count; i++)
                json_array_append_new(items, json_pack("{s:o, s:o, s:o}", "where", report_text(finding->items[i].where),
                                                       "found", report_text(finding->items[i].found), "expected",
                                                       report_text(finding->items[i].expected)));
        return json_pack("{s:s, s:s, s:o, s:s, s:o, s:b}", "id", row->id, "title", row->title, "evidence", items,
                         "advice", row->advice, "command", report_text(mend.command), "loses_nothing",
                         mend.kind != MEND_BY_HAND);
}

static json_t *to_json(const struct examination *examination)
{
        const struct diagnosis *diagnosis = &examination->diagnosis;
        json_t *causes = json_array();
        for (size_t i = 0; i < diagnosis->count; i++)
                json_array_append_new(causes, finding_json(examination, &diagnosis->findings[i]));
        return json_pack("{s:b, s:o, s:o}", "healthy", diagnosis->count == 0, "boots", report_text(diagnosis->boots),
                         "causes", causes);
}

// ---- fixes ----

static bool keep_copy(const struct subject *subject, char **copy, struct error *err)
{
        if (*copy || !file_exists(subject->files.vars_path))
                return true;
        AUTO_FREE char *tag = time_tag();
        *copy = text_format("%s.before-fix-%s", subject->files.vars_path, tag);
        return file_copy(subject->files.vars_path, *copy, 0666, err);
}

// Runs every fix that loses nothing, except for the causes in *FIXED (a bit each), and adds theirs; DONE gets their
// commands. *COPY, freed with free(), is the path of the saved vars.
static bool mend_all(const struct examination *examination, uint64_t *fixed, json_t *done, char **copy,
                     struct error *err)
{
        const struct diagnosis *diagnosis = &examination->diagnosis;
        for (size_t i = 0; i < diagnosis->count; i++) {
                AUTO_MEND struct mend mend = {0};
                uint64_t bit = UINT64_C(1) << diagnosis->findings[i].cause;
                plan(examination, &diagnosis->findings[i], &mend);
                if (mend.kind == MEND_BY_HAND || (*fixed & bit))
                        continue;
                *fixed |= bit;
                if (!keep_copy(examination->subject, copy, err) || !mend_run(examination->subject, &mend, err))
                        return error_wrap(err, "cannot fix %s", cause_row(diagnosis->findings[i].cause)->id);
                json_array_append_new(done, report_text(mend.command));
        }
        return true;
}

static void print_fixed(const json_t *done, size_t first, const char *copy)
{
        for (size_t i = first; i < json_array_size(done); i++)
                printf("fixed by\n    %s\n", json_string_value(json_array_get(done, i)));
        if (copy)
                printf("  copy of the vars before: %s\n", copy);
}

// One round of fixes, and a new examination if anything was fixed.
static bool fix_once(struct examination *examination, uint64_t *fixed, json_t *done, char **copy, struct error *err)
{
        const bool tells = !examination->values->json, had_copy = *copy;
        const size_t before = json_array_size(done);
        bool mended = mend_all(examination, fixed, done, copy, err);
        if (tells)
                print_fixed(done, before, had_copy ? NULL : *copy);
        if (!mended || json_array_size(done) == before)
                return mended;
        if (!examine(examination, false, err))
                return false;
        if (tells)
                print_text(examination);
        return true;
}

// A cause may have hidden another one, so this ends when a round fixes nothing.
static bool fix(struct examination *examination, json_t *json, struct error *err)
{
        AUTO_FREE char *copy = NULL;
        json_t *done = json_array();
        uint64_t fixed = 0;
        size_t before;
        bool mended;
        do {
                before = json_array_size(done);
                mended = fix_once(examination, &fixed, done, &copy, err);
        } while (mended && json_array_size(done) > before);
        json_object_set_new(json, "mended", done);
        json_object_set_new(json, "kept", report_text(copy));
        if (mended && json_array_size(done))
                json_object_set_new(json, "after", to_json(examination));
        return mended;
}

static int exit_code(const struct diagnosis *diagnosis)
{
        if (!diagnosis->count)
                return 0;
        return diagnosis->findings[0].cause == CAUSE_PANIC ? ERROR_PANIC : ERROR_NO;
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        const struct values *values = parsed;
        AUTO_SUBJECT struct subject subject = {0};
        AUTO_EXAMINATION struct examination examination = {.values = values, .subject = &subject};
        if (!subject_open(&values->subject, count, operands, true, &subject, err) ||
            (values->fix && subject.files.is_machine && !machine_lock(&subject.machine, err)) ||
            !prepare(&examination, err) || !examine(&examination, true, err))
                return (int)err->code;
        json_t *json = to_json(&examination);
        if (!values->json)
                print_text(&examination);
        if (values->fix)
                fix(&examination, json, err);
        if (values->json)
                cli_print_json(json);
        else
                json_decref(json);
        return err->code ? (int)err->code : exit_code(&examination.diagnosis);
}

static const struct cli_option options[] = {
        SUBJECT_OPTIONS,
        SUBJECT_BUS_OPTION,
        {"log", "FILE", CLI_LIST, offsetof(struct values, logs),
         "a console log; repeatable, the newest last (the log of a machine's last run is always read)"},
        {"payload", "PATH", CLI_TEXT, offsetof(struct values, payload),
         "the installer's ISO, folder or image, to check its BOOT.CFG, too"},
        {"fix", NULL, CLI_FLAG, offsetof(struct values, fix),
         "apply safe fixes, keep a copy of the vars, and report the rest"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_diagnose = {
        .name = "diagnose",
        .operands = "MACHINE",
        .summary = "reports why the installed system does not boot, and how to fix it",
        .details =
                "Reads vars, disk, firmware, settings and the last run's log, and reports the cause, the evidence "
                "(file,\n"
                "offset or line, what was found and what was expected) and the command that fixes it. Without --fix\n"
                "nothing is written or locked. docs/diagnosis.md lists the causes.\n\n"
                "Instead of MACHINE: --disk IMG --vars FILE, and --log FILE if available.\n\n"
                "Exit codes: 0 healthy, 1 a cause was found, 6 the guest panicked, 2 an input is missing, 4 the\n"
                "host failed.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
