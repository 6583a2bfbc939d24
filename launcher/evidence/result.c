// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/result.h"

#include <string.h>
#include <sys/resource.h>

#include "base/digest.h"
#include "base/file.h"
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
        AUTO_FREE char *sha256 = profile_sha256(profile);
        json_object_set_new(result, "profile", json_pack("{s:s, s:s}", "name", profile->name, "sha256", sha256));
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

// Adds this program's processor time so far in seconds, and its maximum memory in bytes.
static void add_usage(json_t *result)
{
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
#ifdef __APPLE__
        json_int_t memory = usage.ru_maxrss;
#else
        json_int_t memory = (json_int_t)usage.ru_maxrss * 1024;
#endif
        json_object_set_new(result, "launcher_cpu", json_real(cpu));
        json_object_set_new(result, "launcher_memory", json_integer(memory));
}

// Adds to each step how long it was on the screen: until the next step, or the end.
static json_t *steps_with_durations(const json_t *steps, double end)
{
        json_t *timed = json_deep_copy(steps);
        size_t count = json_array_size(timed);
        for (size_t i = count; i-- > 0;) {
                json_t *step = json_array_get(timed, i);
                double began = json_number_value(json_object_get(step, "time"));
                json_object_set_new(step, "duration", json_real(end - began));
                end = began;
        }
        return timed;
}

static void add_facts(json_t *result, const struct evidence *evidence)
{
        const char *name;
        json_t *value;
        json_object_foreach ((json_t *)evidence_facts(evidence), name, value) {
                bool steps = strcmp(name, "steps") == 0;
                double end = (double)evidence_elapsed_ms(evidence) / 1000;
                json_object_set_new(result, name, steps ? steps_with_durations(value, end) : json_incref(value));
        }
}

void result_identity(json_t *result, const struct machine *machine, const char *code_path)
{
        const struct machine_identity *identity = &machine->identity;
        json_t *firmware = json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s, s:s?, s:s?}", "name", identity->firmware.name,
                                     "package", identity->firmware.package, "version", identity->firmware.version,
                                     "source", identity->firmware.source, "verified", identity->firmware.verified,
                                     "code", code_path, "code_sha256", identity->firmware.code_sha256,
                                     "template_sha256", identity->firmware.template_sha256);
        if (!json_object_get(result, "firmware"))
                json_object_set(result, "firmware", firmware);
        json_decref(firmware);
        if (identity->patches)
                json_object_set(result, "patches", identity->patches);
        json_object_set_new(result, "disk",
                            json_pack("{s:s?, s:I, s:s?, s:s?}", "format", machine->disk_format, "size",
                                      (json_int_t)identity->disk.size, "guid", identity->disk.guid, "esp_guid",
                                      identity->disk.esp_guid));
}

json_t *result_vars(const char *path)
{
        enum {
                LENGTH_AT = 0x20, // of the field FvLength in the header of a firmware volume
        };
        AUTO_MAPPING struct file_mapping mapping = {0};
        struct digest digest;
        if (!file_map(path, &mapping, NULL))
                return json_null();
        struct cursor cursor = cursor_at(mapping.bytes, LENGTH_AT);
        uint64_t length = cursor_u64(&cursor);
        struct bytes volume = mapping.bytes;
        if (length && !bytes_slice(mapping.bytes, 0, length, &volume))
                volume = mapping.bytes;
        if (!length || !digest_bytes(volume, &digest, NULL))
                return json_null();
        AUTO_FREE char *hex = digest_hex(&digest);
        return json_pack("{s:s, s:I}", "sha256", hex, "bytes", (json_int_t)volume.size);
}

bool result_write(json_t *result, struct evidence *evidence, const struct error *failure, struct error *err)
{
        json_object_set_new(result, "duration", json_real((double)evidence_elapsed_ms(evidence) / 1000));
        add_facts(result, evidence);
        add_usage(result);
        json_object_set_new(result, "outcome",
                            json_string(json_object_get(result, "stopped_at") ? "stopped" : outcome_text(failure)));
        json_object_set_new(result, "exit_code", json_integer(failure->code));
        if (failure->message)
                json_object_set_new(result, "message", json_string(failure->message));
        return evidence_result(evidence, result, err);
}
