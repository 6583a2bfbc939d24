// SPDX-License-Identifier: Apache-2.0
#include "launcher/profile.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <cyaml/cyaml.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"
#include "launcher/keys.h"

enum {
        NAME_LIMIT = 64,
        TEXT_LIMIT = 1024,
        LIST_LIMIT = 256,
        DEFAULT_SETTLE_MS = 40,
        DEFAULT_RESEND_MS = 10000,
        DEFAULT_WAIT_S = 600,
        DEFAULT_LIMIT = 3,
};

static const cyaml_schema_value_t key_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, NAME_LIMIT)};

// libcyaml's own reading of a boolean takes every word that it does not know for true.
static const cyaml_strval_t truths[] = {{"true", true}, {"false", false}};

static const cyaml_schema_field_t step_fields[] = {
        CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct profile_step, id, 1, NAME_LIMIT),
        CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER, struct profile_step, title, 1, TEXT_LIMIT),
        CYAML_FIELD_STRING_PTR("screen", CYAML_FLAG_POINTER, struct profile_step, screen, 1, TEXT_LIMIT),
        CYAML_FIELD_SEQUENCE_COUNT("keys", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct profile_step, keys,
                                   key_count, &key_schema, 0, LIST_LIMIT),
        CYAML_FIELD_ENUM("optional", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct profile_step, optional, truths,
                         CYAML_ARRAY_LEN(truths)),
        CYAML_FIELD_UINT("wait", CYAML_FLAG_OPTIONAL, struct profile_step, wait_s),
        CYAML_FIELD_STRING_PTR("percent", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct profile_step, percent, 1,
                               TEXT_LIMIT),
        CYAML_FIELD_STRING_PTR("then", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct profile_step, then, 1,
                               NAME_LIMIT),
        CYAML_FIELD_UINT("limit", CYAML_FLAG_OPTIONAL, struct profile_step, limit),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct profile_step, step_fields)};

static const cyaml_strval_t kinds[] = {
        {"required", CRITERION_REQUIRED},
        {"forbidden", CRITERION_FORBIDDEN},
        {"optional", CRITERION_OPTIONAL},
};

static const cyaml_schema_field_t criterion_fields[] = {
        CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct criterion, name, 1, TEXT_LIMIT),
        CYAML_FIELD_STRING_PTR("line", CYAML_FLAG_POINTER, struct criterion, pattern, 1, TEXT_LIMIT),
        CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct criterion, kind, kinds, CYAML_ARRAY_LEN(kinds)),
        CYAML_FIELD_ENUM("panic", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct criterion, panic, truths,
                         CYAML_ARRAY_LEN(truths)),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t criterion_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct criterion, criterion_fields)};

static const cyaml_schema_field_t phase_fields[] = {
        CYAML_FIELD_SEQUENCE_COUNT("steps", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct profile_phase, steps,
                                   step_count, &step_schema, 0, LIST_LIMIT),
        CYAML_FIELD_SEQUENCE_COUNT("anytime", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct profile_phase, anytime,
                                   anytime_count, &step_schema, 0, LIST_LIMIT),
        CYAML_FIELD_SEQUENCE_COUNT("criteria", CYAML_FLAG_POINTER, struct profile_phase, criteria, criterion_count,
                                   &criterion_schema, 1, LIST_LIMIT),
        CYAML_FIELD_UINT("wait", CYAML_FLAG_OPTIONAL, struct profile_phase, wait_s),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t machine_fields[] = {
        CYAML_FIELD_UINT("memory", CYAML_FLAG_DEFAULT, struct profile_machine, memory_mb),
        CYAML_FIELD_UINT("cpus", CYAML_FLAG_DEFAULT, struct profile_machine, cpus),
        CYAML_FIELD_STRING_PTR("disk_size", CYAML_FLAG_POINTER, struct profile_machine, disk_size, 1, NAME_LIMIT),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t profile_fields[] = {
        CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct profile, name, 1, NAME_LIMIT),
        CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER, struct profile, title, 1, TEXT_LIMIT),
        CYAML_FIELD_ENUM("rehearsal", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct profile, rehearsal, truths,
                         CYAML_ARRAY_LEN(truths)),
        CYAML_FIELD_MAPPING("machine", CYAML_FLAG_DEFAULT, struct profile, machine, machine_fields),
        CYAML_FIELD_STRING_PTR("boot_label", CYAML_FLAG_POINTER, struct profile, boot_label, 1, TEXT_LIMIT),
        CYAML_FIELD_UINT("settle_ms", CYAML_FLAG_OPTIONAL, struct profile, settle_ms),
        CYAML_FIELD_UINT("resend_ms", CYAML_FLAG_OPTIONAL, struct profile, resend_ms),
        CYAML_FIELD_STRING_PTR("disk_row", CYAML_FLAG_POINTER, struct profile, disk_row, 1, TEXT_LIMIT),
        CYAML_FIELD_MAPPING("install", CYAML_FLAG_DEFAULT, struct profile, install, phase_fields),
        CYAML_FIELD_MAPPING("reboot", CYAML_FLAG_DEFAULT, struct profile, reboot, phase_fields),
        CYAML_FIELD_MAPPING("boot", CYAML_FLAG_DEFAULT, struct profile, boot, phase_fields),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t profile_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct profile, profile_fields)};

// Collects what libcyaml says when it refuses a file: the reason first, then a trace from the inside out, whose first
// row names the line.
struct complaint {
        struct text reason;
        unsigned line;
};

static void note_complaint(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
        struct complaint *complaint = context;
        if (level < CYAML_LOG_ERROR)
                return;
        AUTO_FREE char *message = text_format_list(format, arguments);
        message[strcspn(message, "\n")] = '\0';
        static const char place[] = "line: ";
        const char *line = strstr(message, place);
        if (line) {
                if (!complaint->line)
                        complaint->line = (unsigned)strtoul(line + strlen(place), NULL, 10);
        } else if (!strstr(message, "Backtrace")) {
                const char *reason = text_starts_with(message, "Load: ") ? message + strlen("Load: ") : message;
                text_add_format(&complaint->reason, "%s%s", complaint->reason.length ? "; " : "", reason);
        }
}

static const cyaml_config_t *configuration(struct complaint *complaint)
{
        static cyaml_config_t config;
        config = (cyaml_config_t){
                .log_fn = complaint ? note_complaint : NULL,
                .log_ctx = complaint,
                .mem_fn = cyaml_mem,
                .log_level = CYAML_LOG_ERROR,
                .flags = CYAML_CFG_DEFAULT,
        };
        return &config;
}

static bool check_pattern(const char *pattern, const char *what, const char *id, struct error *err)
{
        int code;
        PCRE2_SIZE at;
        if (!pattern)
                return true;
        pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_MULTILINE,
                                             &code, &at, NULL);
        if (compiled) {
                pcre2_code_free(compiled);
                return true;
        }
        PCRE2_UCHAR reason[128];
        pcre2_get_error_message(code, reason, sizeof reason);
        return error_set(err, ERROR_DAMAGED, "%s: '%s' is no pattern: %s at character %zu", id, what,
                         (const char *)reason, (size_t)at + 1);
}

static bool check_key(const char *key, const char *id, struct error *err)
{
        if (strcmp(key, "<password>") == 0 || strcmp(key, "<target-disk>") == 0)
                return true;
        size_t length = strlen(key);
        AUTO_FREE char *name =
                text_format("%.*s", (int)(length > 1 && key[length - 1] == '?' ? length - 1 : length), key);
        if (key_bytes(name))
                return true;
        const char *nearest = cli_nearest(name, key_names());
        error_set(err, ERROR_DAMAGED, "%s: there is no key '%s'", id, name);
        if (nearest)
                error_append(err, "; did you mean '%s'?", nearest);
        return false;
}

const struct profile_step *profile_step(const struct profile_phase *phase, const char *id)
{
        for (size_t i = 0; i < phase->step_count; i++) {
                if (strcmp(phase->steps[i].id, id) == 0)
                        return &phase->steps[i];
        }
        return NULL;
}

static bool check_step(const struct profile_phase *phase, struct profile_step *step, struct error *err)
{
        step->wait_s = step->wait_s ? step->wait_s : DEFAULT_WAIT_S;
        step->limit = step->limit ? step->limit : DEFAULT_LIMIT;
        if (!check_pattern(step->screen, "screen", step->id, err) ||
            !check_pattern(step->percent, "percent", step->id, err))
                return false;
        for (size_t i = 0; i < step->key_count; i++) {
                if (!check_key(step->keys[i], step->id, err))
                        return false;
        }
        if (step->then && !profile_step(phase, step->then))
                return error_set(err, ERROR_DAMAGED, "%s: there is no step '%s' to go on with", step->id, step->then);
        return true;
}

static bool check_phase(struct profile_phase *phase, const char *name, struct error *err)
{
        phase->wait_s = phase->wait_s ? phase->wait_s : DEFAULT_WAIT_S;
        for (size_t i = 0; i < phase->step_count; i++) {
                const char *id = phase->steps[i].id;
                if (profile_step(phase, id) != &phase->steps[i])
                        return error_set(err, ERROR_DAMAGED, "%s: steps: there are two steps '%s'", name, id);
                if (!check_step(phase, &phase->steps[i], err))
                        return error_wrap(err, "%s: steps", name);
        }
        for (size_t i = 0; i < phase->anytime_count; i++) {
                if (!check_step(phase, &phase->anytime[i], err))
                        return error_wrap(err, "%s: anytime", name);
        }
        AUTO_CRITERIA struct criteria *criteria = criteria_new(phase->criteria, phase->criterion_count, err);
        return criteria || error_wrap(err, "%s: criteria", name);
}

static bool check(struct profile *profile, struct error *err)
{
        uint64_t size;
        profile->settle_ms = profile->settle_ms ? profile->settle_ms : DEFAULT_SETTLE_MS;
        profile->resend_ms = profile->resend_ms ? profile->resend_ms : DEFAULT_RESEND_MS;
        if (!text_parse_size(profile->machine.disk_size, &size) || !size)
                return error_set(err, ERROR_DAMAGED, "machine: disk_size: '%s' is no size", profile->machine.disk_size);
        if (!profile->machine.memory_mb || !profile->machine.cpus)
                return error_set(err, ERROR_DAMAGED, "machine: memory and cpus must not be 0");
        if (!check_pattern(profile->disk_row, "disk_row", "disk_row", err))
                return false;
        if (!strstr(profile->disk_row, "(?<size>") || !strstr(profile->disk_row, "(?<unit>"))
                return error_set(err, ERROR_DAMAGED, "disk_row: needs the groups (?<size>...) and (?<unit>...)");
        if (!profile->install.step_count)
                return error_set(err, ERROR_DAMAGED, "install: needs steps");
        return check_phase(&profile->install, "install", err) && check_phase(&profile->reboot, "reboot", err) &&
               check_phase(&profile->boot, "boot", err);
}

static char *profile_path(const char *name, struct error *err)
{
        if (strchr(name, '/'))
                return memory_text(name);
        AUTO_FREE char *data = text_format("guests/%s.yaml", name);
        return paths_data(data, err);
}

struct profile *profile_read(const char *name, struct error *err)
{
        AUTO_FREE char *path = profile_path(name, err);
        if (!path)
                return NULL;
        struct complaint complaint = {0};
        struct profile *profile = NULL;
        cyaml_err_t code =
                cyaml_load_file(path, configuration(&complaint), &profile_schema, (cyaml_data_t **)&profile, NULL);
        if (code != CYAML_OK) {
                const char *reason = complaint.reason.length ? text_string(&complaint.reason) : cyaml_strerror(code);
                error_set(err, code == CYAML_ERR_FILE_OPEN ? ERROR_USAGE : ERROR_DAMAGED, "%s", reason);
                if (complaint.line)
                        error_wrap(err, "%s:%u", path, complaint.line);
                else
                        error_wrap(err, "%s", path);
        } else if (!profile) {
                error_set(err, ERROR_DAMAGED, "%s: is empty", path);
        } else if (!check(profile, err)) {
                error_wrap(err, "%s", path);
                profile_free(&profile);
        }
        text_free(&complaint.reason);
        return profile;
}

void profile_free(struct profile **profile)
{
        if (*profile)
                cyaml_free(configuration(NULL), &profile_schema, *profile, 0);
        *profile = NULL;
}
