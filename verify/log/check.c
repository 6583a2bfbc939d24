// SPDX-License-Identifier: Apache-2.0
#include "verify/log/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct check {
        const struct check_phase *phases;
        size_t phase_count;
        struct criteria *criteria[CHECK_PHASES];
        struct check_boot boot; // the one being read
        size_t phase;           // the phase that judges its lines
        bool is_running;        // the firmware started an entry that has not returned with an error
        bool guest_spoke;

        struct check_boot kept[CHECK_KEPT];
        size_t kept_count;
        bool passed; // an earlier boot passed every phase
        enum verdict outcome, worst;
        char *explanation;
};

static void boot_free(struct check_boot *boot)
{
        for (size_t i = 0; i < boot->count; i++) {
                for (size_t j = 0; j < boot->judgements[i].count; j++)
                        free((char *)boot->judgements[i].findings[j].text);
                free(boot->judgements[i].findings);
        }
        boot_line_free(&boot->started);
        free(boot->explanation);
        *boot = (struct check_boot){0};
}

void check_free(struct check **check)
{
        if (!*check)
                return;
        boot_free(&(*check)->boot);
        for (size_t i = 0; i < (*check)->kept_count; i++)
                boot_free(&(*check)->kept[i]);
        for (size_t i = 0; i < (*check)->phase_count; i++)
                criteria_free(&(*check)->criteria[i]);
        free((*check)->explanation);
        free(*check);
        *check = NULL;
}

struct check *check_new(const struct check_phase *phases, size_t count, struct error *err)
{
        AUTO_CHECK struct check *check = memory_new(1, sizeof *check);
        check->phases = phases;
        check->phase_count = count;
        check->boot.number = 1;
        for (size_t i = 0; i < count; i++) {
                check->criteria[i] = criteria_new(phases[i].criteria, phases[i].count, err);
                if (!check->criteria[i])
                        return NULL;
                criteria_watch(check->criteria[i], "BdsDxe: ");
        }
        return MEMORY_TAKE(check);
}

// ---- the end of a boot ----

// Copies the findings, whose texts become invalid when the criteria start over.
static void keep_findings(const struct criteria_verdict *verdict, struct check_judgement *judgement)
{
        judgement->outcome = verdict->outcome;
        judgement->count = verdict->count;
        judgement->findings = memory_new(verdict->count + 1, sizeof *judgement->findings);
        for (size_t i = 0; i < verdict->count; i++) {
                judgement->findings[i] = verdict->findings[i];
                if (verdict->findings[i].text)
                        judgement->findings[i].text = memory_text(verdict->findings[i].text);
        }
}

static bool meets_a_required(const struct check_judgement *judgement)
{
        for (size_t i = 0; i < judgement->count; i++) {
                if (judgement->findings[i].met && judgement->findings[i].criterion->kind == CRITERION_REQUIRED)
                        return true;
        }
        return false;
}

// The first phase that did not pass gives the boot's outcome and the reason.
static void judge_phases(struct check *check)
{
        struct check_boot *boot = &check->boot;
        boot->outcome = VERDICT_PASS;
        for (size_t i = 0; i < check->phase_count; i++) {
                struct criteria_verdict verdict = criteria_judge(check->criteria[i]);
                struct check_judgement *judgement = &boot->judgements[boot->count++];
                judgement->phase = check->phases[i].name;
                keep_findings(&verdict, judgement);
                bool last = i + 1 == check->phase_count;
                if (boot->explanation || (verdict.outcome == VERDICT_PASS && !last))
                        continue;
                boot->outcome = verdict.outcome;
                boot->explanation = criteria_explanation(&verdict);
        }
}

static bool went_wrong(const struct check *check)
{
        for (size_t i = 0; i < check->phase_count; i++) {
                if (criteria_broken(check->criteria[i]))
                        return true;
        }
        return false;
}

static void excuse_follower(struct check *check)
{
        struct check_boot *boot = &check->boot;
        boot->is_follower = check->passed && check->phase_count > 1 && !meets_a_required(&boot->judgements[0]);
        if (!boot->is_follower || went_wrong(check))
                return;
        boot->outcome = VERDICT_PASS;
        free(boot->explanation);
        boot->explanation = memory_text("It follows a boot that passed, and nothing forbidden was seen.");
}

static void conclude(struct check *check)
{
        const struct check_boot *boot = &check->boot;
        check->worst = boot->outcome > check->worst ? boot->outcome : check->worst;
        check->passed = check->passed || (boot->outcome == VERDICT_PASS && !boot->is_follower);
        if (boot->is_follower && boot->outcome == VERDICT_PASS)
                return;
        check->outcome = boot->outcome;
        free(check->explanation);
        check->explanation = memory_text(boot->explanation);
}

static void end_boot(struct check *check)
{
        judge_phases(check);
        excuse_follower(check);
        conclude(check);
        if (check->kept_count == CHECK_KEPT) {
                boot_free(&check->kept[0]);
                memmove(check->kept, check->kept + 1, (CHECK_KEPT - 1) * sizeof *check->kept);
                check->kept_count--;
        }
        check->kept[check->kept_count++] = check->boot;
        check->boot = (struct check_boot){.number = check->boot.number + 1};
        for (size_t i = 0; i < check->phase_count; i++)
                criteria_restart(check->criteria[i]);
        check->phase = 0;
        check->is_running = check->guest_spoke = false;
}

// ---- lines ----

static void judge(struct check *check, const struct logfile_line *line)
{
        criteria_span(check->criteria[check->phase], line->number, line->time_ms, line->text, line->length);
        if (check->phase + 1 < check->phase_count && criteria_complete(check->criteria[check->phase]))
                check->phase++;
}

static void note_failed(struct check *check)
{
        check->is_running = check->guest_spoke = check->boot.has_started = false;
}

// Takes over *LINE, which is then empty.
static void note_started(struct check *check, uint64_t number, struct boot_line *line)
{
        boot_line_free(&check->boot.started);
        check->boot.started = *line;
        check->boot.started_line = number;
        check->boot.has_started = check->is_running = true;
        *line = (struct boot_line){0};
}

static void take_boot_line(struct check *check, const struct logfile_line *line, struct boot_line *boot)
{
        if (boot->verb == BOOT_LINE_FAILED) {
                note_failed(check);
                return;
        }
        if (check->guest_spoke) {
                if (check->phase)
                        judge(check, line);
                end_boot(check);
        }
        if (boot->verb == BOOT_LINE_STARTING)
                note_started(check, line->number, boot);
}

// False if LINE is not one of the firmware's about an entry.
static bool take_firmware_line(struct check *check, const struct logfile_line *line)
{
        AUTO_BOOT_LINE struct boot_line boot = {0};
        if (!boot_line_parse(line->text, &boot))
                return false;
        take_boot_line(check, line, &boot);
        return true;
}

void check_line(const struct logfile_line *line, void *context)
{
        struct check *check = context;
        bool is_of_interest = criteria_may_meet(check->criteria[check->phase], line->text, line->length);
        if (!is_of_interest || !take_firmware_line(check, line))
                check->guest_spoke = check->is_running;
        if (!check->boot.first_line)
                check->boot.first_line = line->number;
        check->boot.last_line = line->number;
        if (is_of_interest)
                judge(check, line);
}

void check_finish(struct check *check)
{
        end_boot(check);
}

uint64_t check_boots_seen(const struct check *check)
{
        return check->boot.number - 1;
}

const struct check_boot *check_boots(const struct check *check, size_t *count)
{
        *count = check->kept_count;
        return check->kept;
}

enum verdict check_outcome(const struct check *check)
{
        return check->outcome;
}

enum verdict check_worst(const struct check *check)
{
        return check->worst;
}

const char *check_explanation(const struct check *check)
{
        return check->explanation;
}
