// SPDX-License-Identifier: Apache-2.0
#include "launcher/result.h"

#include <sys/resource.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"

enum {
        RESULT_SCHEMA = 1
};

json_t *result_new(const char *command, const struct machine *machine, const struct settings *settings,
                   const struct profile *profile)
{
        AUTO_FREE char *now = time_stamp();
        json_t *result = json_object();
        json_object_set_new(result, "schema", json_integer(RESULT_SCHEMA));
        json_object_set_new(result, "command", json_string(command));
        json_object_set_new(result, "program", json_string("esxiarm " VERSION));
        json_object_set_new(result, "started_at", json_string(now));
        json_object_set_new(result, "machine", json_string(machine->folder));
        json_object_set_new(result, "guest", json_string(profile->title));
        json_object_set_new(result, "rehearsal", json_boolean(profile->rehearsal));
        json_object_set_new(result, "settings", settings_to_json(settings));
        return result;
}

json_t *result_match(const struct match *match)
{
        json_t *json = json_pack("{s:b, s:s, s:s}", "holds", match->holds, "reason", match_reason_id(match->reason),
                                 "explanation", match->explanation);
        if (match->found)
                json_object_set_new(json, "found", json_string(match->found));
        if (match->expected)
                json_object_set_new(json, "expected", json_string(match->expected));
        if (match->remark)
                json_object_set_new(json, "remark", json_string(match->remark));
        return json;
}

bool result_phase(json_t *result, struct evidence *evidence, const char *name, const struct judge *judge,
                  struct error *err)
{
        struct criteria_verdict verdict = criteria_judge(judge->criteria);
        if (!json_object_get(result, "criteria"))
                json_object_set_new(result, "criteria", json_object());
        json_object_set_new(json_object_get(result, "criteria"), name, judge_to_json(judge));
        return evidence_junit(evidence, name, &verdict, err);
}

static const char *outcome_text(const struct error *failure)
{
        switch (failure->code) {
        case ERROR_NO:
                return "fail";
        case ERROR_TIMED_OUT:
                return "timed out";
        case ERROR_PANIC:
                return "panic";
        case ERROR_INTERRUPTED:
                return "interrupted";
        case ERROR_USAGE:
        case ERROR_DAMAGED:
        case ERROR_ENVIRONMENT:
                return "error";
        }
        return "pass";
}

// Processor time that this program itself has used so far, in seconds.
static double launcher_cpu(void)
{
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

bool result_write(json_t *result, struct evidence *evidence, const struct error *failure, struct error *err)
{
        json_object_set_new(result, "duration", json_real((double)evidence_elapsed_ms(evidence) / 1000));
        json_object_set_new(result, "launcher_cpu", json_real(launcher_cpu()));
        json_object_set_new(result, "outcome",
                            json_string(json_object_get(result, "stopped_at") ? "stopped" : outcome_text(failure)));
        json_object_set_new(result, "exit_code", json_integer(failure->code));
        if (failure->message)
                json_object_set_new(result, "message", json_string(failure->message));
        return evidence_result(evidence, result, err);
}
