// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/judge.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/evidence/findings.h"

static void note_boot(struct judge *judge, const char *line)
{
        AUTO_BOOT_LINE struct boot_line boot = {0};
        if (!boot_line_parse(line, &boot)) {
                judge->has_spoken = judge->has_booted;
                return;
        }
        judge->has_spoken = false;
        evidence_event(judge->evidence, "firmware",
                       json_pack("{s:s, s:i, s:s?, s:s?}", "verb", boot_line_verb_text(boot.verb), "entry", boot.number,
                                 "label", boot.label, "path", boot.path));
        if (boot.verb != BOOT_LINE_STARTING)
                return;
        boot_line_free(&judge->booted);
        judge->booted = boot;
        judge->has_booted = true;
        AUTO_FREE char *booted = text_format("Boot%04X \"%s\" from %s", boot.number, boot.label ? boot.label : "",
                                             boot.path ? boot.path : "(no path)");
        evidence_fact(judge->evidence, "booted", json_string(booted));
        boot = (struct boot_line){0};
}

static void take_line(const struct log_line *line, void *context)
{
        struct judge *judge = context;
        criteria_line(judge->criteria, line->number, evidence_elapsed_ms(judge->evidence), line->text);
        if (judge->next)
                criteria_line(judge->next, line->number, evidence_elapsed_ms(judge->evidence), line->text);
        size_t length = line->length < sizeof judge->last_line ? line->length : sizeof judge->last_line - 1;
        memcpy(judge->last_line, line->text, length);
        judge->last_line[length] = '\0';
        note_boot(judge, line->text);
}

bool judge_begin(struct judge *judge, const struct profile_phase *phase, struct evidence *evidence, struct error *err)
{
        *judge = (struct judge){.evidence = evidence};
        judge->criteria = criteria_new(phase->criteria, phase->criterion_count, err);
        if (judge->criteria)
                evidence_on_line(evidence, take_line, judge);
        return judge->criteria != NULL;
}

void judge_end(struct judge *judge)
{
        if (judge->evidence)
                evidence_on_line(judge->evidence, NULL, NULL);
        criteria_free(&judge->criteria);
        criteria_free(&judge->next);
        boot_line_free(&judge->booted);
        *judge = (struct judge){0};
}

bool judge_follow(struct judge *judge, const struct profile_phase *phase, struct error *err)
{
        criteria_free(&judge->next);
        judge->next = criteria_new(phase->criteria, phase->criterion_count, err);
        return judge->next != NULL;
}

bool judge_has_follower(const struct judge *judge)
{
        return judge->next != NULL;
}

bool judge_advance(struct judge *judge)
{
        criteria_free(&judge->criteria);
        judge->criteria = judge->next;
        judge->next = NULL;
        return true;
}

const char *judge_last_line(const struct judge *judge)
{
        return judge->last_line;
}

bool judge_all_met(const struct judge *judge)
{
        struct criteria_verdict verdict = criteria_judge(judge->criteria);
        for (size_t i = 0; i < verdict.count; i++) {
                const struct criterion *criterion = verdict.findings[i].criterion;
                if (criterion->kind != CRITERION_FORBIDDEN && !criterion->panic && !verdict.findings[i].met)
                        return false;
        }
        return true;
}

bool judge_check(const struct judge *judge, struct error *err)
{
        bool next_is_broken = judge->next && criteria_broken(judge->next);
        if (!criteria_broken(judge->criteria) && !next_is_broken)
                return true;
        struct criteria_verdict verdict = criteria_judge(next_is_broken ? judge->next : judge->criteria);
        AUTO_FREE char *explanation = criteria_explanation(&verdict);
        return error_set(err, verdict.outcome == VERDICT_PANIC ? ERROR_PANIC : ERROR_NO, "%s", explanation);
}

json_t *judge_to_json(const struct judge *judge)
{
        struct criteria_verdict verdict = criteria_judge(judge->criteria);
        return findings_to_json(verdict.findings, verdict.count, true);
}
