// SPDX-License-Identifier: Apache-2.0
//
// esxiarm check: judges console logs by the criteria of a guest profile.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/print.h"
#include "launcher/evidence/findings.h"
#include "launcher/machine/profile.h"
#include "varstore/report.h"
#include "verify/log/check.h"
#include "verify/log/junit.h"

struct values {
        const char *profile, *junit;
        bool install, boot, every_boot, json;
};

// The request from the command line.
struct job {
        const struct values *values;
        const struct profile *profile;
        struct criterion *install; // of an installation, with or without a kickstart
        struct check_phase phases[CHECK_PHASES];
        size_t phase_count;
        struct text suites; // of JUnit
        json_t *logs;
        enum verdict worst; // of the logs
};

// One log and what it shows.
struct judged {
        const char *path;
        struct logfile file;
        struct check *check;
        struct error *error; // why it was not read to its end; the message is NULL on success
        bool was_read;       // at least in part; otherwise only the error is reported
};

static enum verdict outcome_of(const struct job *job, const struct judged *log)
{
        return job->values->every_boot ? check_worst(log->check) : check_outcome(log->check);
}

static bool is_own_entry(const struct job *job, const struct check_boot *boot)
{
        return profile_has_label(job->profile, boot->started.label);
}

// Criteria that are met by their absence.
static bool is_unwanted(const struct criterion *criterion)
{
        return criterion->kind == CRITERION_FORBIDDEN || criterion->panic;
}

// The first of the COUNT BOOTS that decides the outcome.
static size_t first_that_counts(const struct job *job, const struct check_boot *boots, size_t count)
{
        size_t first = job->values->every_boot ? 0 : count - 1;
        while (first && boots[first].is_follower)
                first--;
        return first;
}

// ---- text ----

static char *time_column(const struct judged *log, uint64_t ms)
{
        if (log->file.kind == LOGFILE_RAW)
                return memory_text("");
        return text_format("[%4" PRIu64 ".%03" PRIu64 "] ", ms / 1000, ms % 1000);
}

static void print_finding(const struct judged *log, const struct criterion_finding *finding)
{
        const struct criterion *criterion = finding->criterion;
        bool unwanted = is_unwanted(criterion);
        if (!finding->met) {
                const char *fine = criterion->kind == CRITERION_OPTIONAL || unwanted ? ", which is fine" : "";
                printf("    %-4s %-26s not seen%s\n", *fine ? "-" : "NO", criterion->name, unwanted ? "" : fine);
                return;
        }
        AUTO_FREE char *time = time_column(log, finding->time_ms);
        printf("    %-4s %-26s line %" PRIu64 ": %s", unwanted ? "NO" : "yes", criterion->name, finding->line_number,
               time);
        print_safely(finding->text + strspn(finding->text, " "));
        putchar('\n');
        if (finding->given_up)
                printf("         %" PRIu64 " lines needed too many steps for this pattern\n", finding->given_up);
}

static void print_started(const struct job *job, const struct check_boot *boot)
{
        if (!boot->has_started) {
                printf("    the firmware did not report which entry it started\n");
                return;
        }
        printf("    started Boot%04X \"", boot->started.number);
        print_safely(boot->started.label ? boot->started.label : "");
        printf("\" (%s), line %" PRIu64 "\n",
               is_own_entry(job, boot) ? "the system's own entry" : "a generic entry, not the system's own",
               boot->started_line);
}

// A criterion that was not seen is reported once, even if several phases forbid it, and not for a follower.
static bool is_worth_reporting(const struct check_boot *boot, size_t phase, const struct criterion_finding *finding)
{
        bool last = phase + 1 == boot->count;
        return finding->met || (!boot->is_follower && (last || !is_unwanted(finding->criterion)));
}

static void print_boot(const struct job *job, const struct judged *log, const struct check_boot *boot)
{
        printf("  boot %" PRIu64 ", lines %" PRIu64 " to %" PRIu64 ": %s: ", boot->number, boot->first_line,
               boot->last_line, verdict_text(boot->outcome));
        print_safely(boot->explanation);
        putchar('\n');
        print_started(job, boot);
        for (size_t i = 0; i < boot->count; i++) {
                const struct check_judgement *judgement = &boot->judgements[i];
                for (size_t j = 0; j < judgement->count; j++) {
                        if (is_worth_reporting(boot, i, &judgement->findings[j]))
                                print_finding(log, &judgement->findings[j]);
                }
        }
}

static void print_log(const struct job *job, const struct judged *log)
{
        size_t count;
        const struct check_boot *boots = check_boots(log->check, &count);
        print_safely(log->path);
        printf(": %s (%s%s%s%s)\n", verdict_text(outcome_of(job, log)), logfile_kind_text(log->file.kind),
               log->file.compression ? ", " : "", log->file.compression ? log->file.compression : "",
               log->file.is_cut ? ", its last event cut off" : "");
        if (log->error->message) {
                printf("  read only in part: ");
                print_safely(log->error->message);
                putchar('\n');
        }
        if (check_boots_seen(log->check) > count)
                printf("  %" PRIu64 " boots before these are not shown\n", check_boots_seen(log->check) - count);
        for (size_t i = 0; i < count; i++)
                print_boot(job, log, &boots[i]);
}

// ---- JSON ----

static json_t *boot_json(const struct job *job, const struct judged *log, const struct check_boot *boot)
{
        json_t *criteria = json_object();
        for (size_t i = 0; i < boot->count; i++)
                json_object_set_new(criteria, boot->judgements[i].phase,
                                    findings_to_json(boot->judgements[i].findings, boot->judgements[i].count,
                                                     log->file.kind != LOGFILE_RAW));
        json_t *started =
                boot->has_started
                        ? json_pack("{s:o, s:o, s:o, s:I, s:b}", "entry", report_number(boot->started.number), "label",
                                    report_text(boot->started.label), "path", report_text(boot->started.path), "line",
                                    (json_int_t)boot->started_line, "own_entry", is_own_entry(job, boot))
                        : json_null();
        return json_pack("{s:I, s:I, s:I, s:s, s:s, s:b, s:o, s:o}", "boot", (json_int_t)boot->number, "first_line",
                         (json_int_t)boot->first_line, "last_line", (json_int_t)boot->last_line, "outcome",
                         verdict_text(boot->outcome), "explanation", boot->explanation, "follows", boot->is_follower,
                         "started", started, "criteria", criteria);
}

static json_t *log_json(const struct job *job, const struct judged *log)
{
        size_t count;
        const struct check_boot *boots = check_boots(log->check, &count);
        if (!log->was_read)
                return json_pack("{s:o, s:n, s:o, s:[]}", "log", report_text(log->path), "outcome", "error",
                                 report_text(log->error->message), "boots");
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
                json_array_append_new(list, boot_json(job, log, &boots[i]));
        return json_pack("{s:o, s:s, s:o, s:I, s:I, s:b, s:s, s:s, s:o, s:I, s:o}", "log", report_text(log->path),
                         "kind", logfile_kind_text(log->file.kind), "compression", report_text(log->file.compression),
                         "bytes", (json_int_t)log->file.bytes, "lines", (json_int_t)log->file.lines, "cut_off",
                         log->file.is_cut, "outcome", verdict_text(outcome_of(job, log)), "explanation",
                         check_explanation(log->check), "error", report_text(log->error->message), "boots_seen",
                         (json_int_t)check_boots_seen(log->check), "boots", list);
}

// ---- JUnit ----

// A follower is only judged by panic and forbidden criteria.
static void add_suite(struct job *job, const struct judged *log, const struct check_boot *boot,
                      const struct check_judgement *judgement)
{
        AUTO_FREE char *name = text_format("%s: boot %" PRIu64 ": %s", log->path, boot->number, judgement->phase);
        AUTO_FREE struct criterion_finding *findings = memory_new(judgement->count + 1, sizeof *findings);
        struct junit_suite suite = {.name = name, .findings = findings};
        for (size_t i = 0; i < judgement->count; i++) {
                if (!boot->is_follower || is_unwanted(judgement->findings[i].criterion))
                        findings[suite.count++] = judgement->findings[i];
        }
        junit_add(&job->suites, &suite);
}

static void add_suites(struct job *job, const struct judged *log)
{
        size_t count;
        const struct check_boot *boots = check_boots(log->check, &count);
        for (size_t i = first_that_counts(job, boots, count); log->was_read && i < count; i++) {
                for (size_t j = 0; j < boots[i].count; j++)
                        add_suite(job, log, &boots[i], &boots[i].judgements[j]);
        }
        if (log->error->message)
                junit_add(&job->suites, &(struct junit_suite){.name = log->path, .error = log->error->message});
}

static bool write_junit(const struct job *job, struct error *err)
{
        if (!job->values->junit)
                return true;
        AUTO_FREE char *xml = junit_document(&job->suites);
        return file_replace(job->values->junit, 0666, (struct bytes){(const uint8_t *)xml, strlen(xml)}, err);
}

// ---- judging ----

static void report(struct job *job, const struct judged *log)
{
        if (log->was_read && outcome_of(job, log) > job->worst)
                job->worst = outcome_of(job, log);
        if (job->values->json)
                json_array_append_new(job->logs, log_json(job, log));
        else if (log->was_read)
                print_log(job, log);
        else
                printf("%s: not judged\n", log->path);
        add_suites(job, log);
}

static bool judge_log(struct job *job, const char *path, struct error *err)
{
        AUTO_ERROR struct error unread = {0};
        AUTO_CHECK struct check *check = check_new(job->phases, job->phase_count, err);
        if (!check)
                return false;
        AUTO_PROGRESS struct progress *progress = progress_begin("reading the log", 0);
        struct judged log = {.path = path, .check = check, .error = &unread};
        logfile_read(path, progress, check_line, check, &log.file, &unread);
        log.was_read = log.file.bytes || !unread.code;
        progress_end(&progress);
        check_finish(check);
        report(job, &log);
        // The first log that cannot be read gives the command's error; the others are reported in place.
        if (unread.code && !err->code)
                error_set(err, unread.code, "%s", unread.message);
        return true;
}

static void add_phase(struct job *job, const char *name, const struct profile_phase *phase)
{
        job->phases[job->phase_count++] =
                (struct check_phase){.name = name, .criteria = phase->criteria, .count = phase->criterion_count};
}

static bool has_criterion(const struct profile_phase *phase, const char *name)
{
        for (size_t i = 0; i < phase->criterion_count; i++) {
                if (strcmp(phase->criteria[i].name, name) == 0)
                        return true;
        }
        return false;
}

// A log does not show whether the installation had a kickstart, so what the phase kickstart forbids counts, too.
static void add_install(struct job *job)
{
        const struct profile_phase *driven = &job->profile->install, *scripted = &job->profile->kickstart;
        size_t count = 0;
        job->install = memory_new(driven->criterion_count + scripted->criterion_count, sizeof *job->install);
        for (size_t i = 0; i < driven->criterion_count; i++)
                job->install[count++] = driven->criteria[i];
        for (size_t i = 0; i < scripted->criterion_count; i++) {
                if (is_unwanted(&scripted->criteria[i]) && !has_criterion(driven, scripted->criteria[i].name))
                        job->install[count++] = scripted->criteria[i];
        }
        job->phases[job->phase_count++] =
                (struct check_phase){.name = "install", .criteria = job->install, .count = count};
}

static void choose_phases(struct job *job)
{
        if (job->values->boot) {
                add_phase(job, "boot", &job->profile->boot);
                return;
        }
        add_install(job);
        add_phase(job, "reboot", &job->profile->reboot);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        const struct values *values = parsed;
        if (values->install == values->boot) {
                error_set(err, ERROR_USAGE, "no kind of log given: use --install or --boot");
                return ERROR_USAGE;
        }
        AUTO_PROFILE struct profile *profile = profile_read(values->profile ? values->profile : "esxi8", err);
        if (!profile)
                return (int)err->code;
        struct job job = {.values = values, .profile = profile, .logs = json_array()};
        choose_phases(&job);
        bool judged = true;
        for (int i = 0; judged && i < count; i++)
                judged = judge_log(&job, operands[i], err);
        int code = verdict_exit_code(job.worst);
        if (values->json)
                cli_print_json(json_pack("{s:s, s:s, s:s, s:i, s:O}", "check", values->boot ? "boot" : "install",
                                         "profile", profile->name, "outcome", verdict_text(job.worst), "exit_code",
                                         err->code ? (int)err->code : code, "logs", job.logs));
        json_decref(job.logs);
        AUTO_ERROR struct error unwritten = {0};
        if (judged && !write_junit(&job, &unwritten) && !err->code)
                error_set(err, unwritten.code, "%s", unwritten.message);
        text_free(&job.suites);
        free(job.install);
        return err->code ? (int)err->code : code;
}

static const struct cli_option options[] = {
        {"install", NULL, CLI_FLAG, offsetof(struct values, install), "judge an installation and its reboot"},
        {"boot", NULL, CLI_FLAG, offsetof(struct values, boot), "judge a boot of the installed system"},
        {"profile", "NAME", CLI_TEXT, offsetof(struct values, profile),
         "guest profile with the criteria, or a FILE.yaml (default esxi8)"},
        {"every-boot", NULL, CLI_FLAG, offsetof(struct values, every_boot),
         "every boot in a log must pass, not only the last one"},
        {"junit", "FILE", CLI_TEXT, offsetof(struct values, junit), "write the criteria as test cases to this file"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_check = {
        .name = "check",
        .operands = "LOG...",
        .summary = "checks console logs for a successful installation or boot",
        .details =
                "A LOG is the raw output of a serial console, the console.txt or console.cast of a run, or - for\n"
                "standard input; also compressed (gzip, zstd, xz, bzip2, lz4). For each criterion it prints the line,\n"
                "the time if the log has times, and the text; and which boot entry the firmware started.\n\n"
                "A log with several boots is judged boot by boot, and the last one counts; after a complete\n"
                "installation, the boot of the installed system only must not panic. See docs/evidence.md.\n\n"
                "Exit codes: 0 success, 1 a required criterion is missing, 6 the guest panicked; of several logs the\n"
                "worst. 2, 3 or 4 if a log is missing, damaged or not readable; everything else is still reported.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = -1,
        .run = run,
};
