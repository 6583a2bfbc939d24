// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"
#include "base/yaml-file.h"
#include "launcher/machine/fill.h"
#include "launcher/machine/keys.h"
#include "launcher/machine/profile-private.h"

enum {
        DEFAULT_SETTLE_MS = 40,
        DEFAULT_RESEND_MS = 10000,
        DEFAULT_WAIT_S = 600,
        DEFAULT_LIMIT = 3,
        DEFAULT_UNKNOWN_S = 60,
};
#define DEFAULT_ASKS "[(<](?:Enter|Esc|Tab|F\\d{1,2})[)>] "

// A place in a profile, for messages: "install: steps: welcome: keys".
struct place {
        const struct yaml_file *file;
        const char *phase, *list, *item, *key;
};

static bool refuse(const struct place *place, unsigned line, struct error *err, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
static bool refuse(const struct place *place, unsigned line, struct error *err, const char *format, ...)
{
        const char *const names[] = {place->phase, place->list, place->item, place->key};
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *message = text_format_list(format, arguments);
        va_end(arguments);
        AUTO_TEXT struct text where = {0};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                if (names[i])
                        text_add_format(&where, "%s: ", names[i]);
        }
        return yaml_file_refuse(place->file, line, err, "%s%s", text_string(&where), message);
}

static struct place within(const struct place *place, const char *key)
{
        struct place inner = *place;
        inner.key = key;
        return inner;
}

static struct pattern *compile(const struct place *place, const char *key, const char *source, struct error *err)
{
        AUTO_ERROR struct error reason = {0};
        struct place inner = within(place, key);
        struct pattern *pattern = pattern_new(source, &reason);
        if (!pattern)
                refuse(&inner, yaml_file_line(place->file, source), err, "%s", reason.message);
        return pattern;
}

static bool did_you_mean(const char *nearest, struct error *err)
{
        return nearest && error_append(err, "; did you mean '%s'?", nearest);
}

// Keys with a pattern: "<choose: PATTERN>".
static const char *const pattern_keys[] = {"choose", "row"};

// Whether KEY is one of those; *SOUND is then whether its pattern is.
static bool has_pattern(const struct place *place, const char *key, bool *sound, struct error *err)
{
        for (size_t i = 0; i < sizeof pattern_keys / sizeof pattern_keys[0]; i++) {
                AUTO_ERROR struct error reason = {0};
                AUTO_FREE char *source = profile_argument(key, pattern_keys[i]);
                if (!source)
                        continue;
                AUTO_PATTERN struct pattern *pattern = pattern_new(source, &reason);
                *sound = pattern || refuse(place, yaml_file_line(place->file, key), err, "%s: %s", key, reason.message);
                return true;
        }
        return false;
}

static const char *nearest_key(const char *name)
{
        static const char *const special[] = {"<password>", "<target-disk>", "<choose: >", "<row: >", "<text: >", NULL};
        const char *nearest = name[0] == '<' ? spelling_nearest(name, special) : NULL;
        return nearest ? nearest : spelling_nearest(name, key_names());
}

// A key of the keyboard, perhaps with a question mark.
static bool check_plain_key(const struct place *place, const char *key, struct error *err)
{
        size_t length = strlen(key);
        AUTO_FREE char *name =
                text_format("%.*s", (int)(length > 1 && key[length - 1] == '?' ? length - 1 : length), key);
        if (key_bytes(name))
                return true;
        refuse(place, yaml_file_line(place->file, key), err, "unknown key '%s'", name);
        const char *nearest = nearest_key(name);
        if (nearest)
                return did_you_mean(nearest, err);
        return error_append(err,
                            " (expected a name such as Enter, F11 or Ctrl-C, one character, <password>, <text: ...>, "
                            "<row: ...>, <choose: ...> or <target-disk>)");
}

static bool check_key(const struct place *place, const char *key, struct error *err)
{
        bool sound;
        struct place inner = within(place, "keys");
        if (strcmp(key, "<password>") == 0 || strcmp(key, "<target-disk>") == 0)
                return true;
        AUTO_FREE char *text = profile_argument(key, "text");
        if (text) {
                AUTO_ERROR struct error reason = {0};
                return fill_check_text(text, &reason) ||
                       refuse(&inner, yaml_file_line(place->file, key), err, "%s: %s", key, reason.message);
        }
        return has_pattern(&inner, key, &sound, err) ? sound : check_plain_key(&inner, key, err);
}

static bool check_follower(const struct place *place, const struct profile_phase *phase, const char *key,
                           const char *id, unsigned line, struct error *err)
{
        if (profile_step(phase, id))
                return true;
        struct place inner = within(place, key);
        refuse(&inner, line, err, "unknown step '%s'", id);
        return did_you_mean(profile_nearest_step(phase, id), err);
}

// "fail", "skip", "resend" or "goto ID".
static bool check_timeout(const struct place *place, const struct profile_phase *phase, struct profile_step *step,
                          struct error *err)
{
        static const char *const words[] = {
                [TIMEOUT_FAIL] = "fail",
                [TIMEOUT_SKIP] = "skip",
                [TIMEOUT_RESEND] = "resend",
                [TIMEOUT_GOTO] = "goto ID",
                NULL,
        };
        static const char jump[] = "goto ";
        if (!step->on_timeout)
                return true;
        unsigned line = yaml_file_line(place->file, step->on_timeout);
        if (text_starts_with(step->on_timeout, jump)) {
                const char *id = step->on_timeout + strlen(jump);
                step->timeout = TIMEOUT_GOTO;
                step->timeout_step = profile_step(phase, id);
                return check_follower(place, phase, "on_timeout", id, line, err);
        }
        for (unsigned i = 0; i < TIMEOUT_GOTO; i++) {
                step->timeout = (enum profile_timeout)i;
                if (strcmp(step->on_timeout, words[i]) == 0)
                        return true;
        }
        struct place inner = within(place, "on_timeout");
        refuse(&inner, line, err, "invalid value '%s' (expected fail, skip, resend or goto ID)", step->on_timeout);
        return did_you_mean(spelling_nearest(step->on_timeout, words), err);
}

static bool compile_step(const struct place *place, struct profile_step *step, struct error *err)
{
        step->screen_patterns = memory_new(step->screen_count, sizeof(struct pattern *));
        for (size_t i = 0; i < step->screen_count; i++) {
                step->screen_patterns[i] = compile(place, "screen", step->screens[i], err);
                if (!step->screen_patterns[i])
                        return false;
        }
        if (!step->percent)
                return true;
        step->percent_pattern = compile(place, "percent", step->percent, err);
        if (!step->percent_pattern)
                return false;
        struct place inner = within(place, "percent");
        return pattern_groups(step->percent_pattern) ||
               refuse(&inner, yaml_file_line(place->file, step->percent), err,
                      "has no group (...) around the number: `%s`", step->percent);
}

static bool check_step(const struct place *place, const struct profile_phase *phase, struct profile_step *step,
                       struct error *err)
{
        step->wait_s = step->wait_s ? step->wait_s : DEFAULT_WAIT_S;
        step->limit = step->limit ? step->limit : DEFAULT_LIMIT;
        if (profile_any_step(phase, step->id) != step)
                return refuse(place, yaml_file_line(place->file, step->id), err, "two steps have this id");
        if (step->fail && step->key_count)
                return refuse(place, yaml_file_line(place->file, step->fail), err, "a step with fail cannot have keys");
        if (!compile_step(place, step, err) || !check_timeout(place, phase, step, err))
                return false;
        for (size_t i = 0; i < step->key_count; i++) {
                if (!check_key(place, step->keys[i], err))
                        return false;
        }
        for (size_t i = 0; i < step->then_count; i++) {
                unsigned line = yaml_file_line(place->file, step->then[i]);
                if (!check_follower(place, phase, "then", step->then[i], line, err))
                        return false;
        }
        return true;
}

static bool check_steps(const struct place *place, const struct profile_phase *phase, struct profile_step *steps,
                        size_t count, struct error *err)
{
        struct place inner = *place;
        for (size_t i = 0; i < count; i++) {
                inner.item = steps[i].id;
                if (!check_step(&inner, phase, &steps[i], err))
                        return false;
        }
        return true;
}

static bool check_criteria(const struct place *place, const struct profile_phase *phase, bool need_required,
                           struct error *err)
{
        bool required = false;
        struct place inner = *place;
        inner.list = "criteria";
        for (size_t i = 0; i < phase->criterion_count; i++) {
                inner.item = phase->criteria[i].name;
                required = required || phase->criteria[i].kind == CRITERION_REQUIRED;
                if (strcmp(phase->criteria[i].pattern, CRITERION_PURPLE_SCREEN) == 0)
                        continue;
                AUTO_PATTERN struct pattern *pattern = compile(&inner, "line", phase->criteria[i].pattern, err);
                if (!pattern)
                        return false;
        }
        inner.item = NULL;
        return required || !need_required ||
               refuse(&inner, phase->line, err, "no criterion is required, so every run would pass");
}

static bool check_phase(const struct yaml_file *file, struct profile_phase *phase, const char *name, struct error *err)
{
        struct place steps = {.file = file, .phase = name, .list = "steps"};
        struct place anytime = {.file = file, .phase = name, .list = "anytime"};
        phase->wait_s = phase->wait_s ? phase->wait_s : DEFAULT_WAIT_S;
        return check_steps(&steps, phase, phase->steps, phase->step_count, err) &&
               check_steps(&anytime, phase, phase->anytime, phase->anytime_count, err) &&
               check_criteria(&steps, phase, strcmp(name, "kickstart") != 0, err);
}

// The last step ends the installation or the task WHAT.
static bool check_last_step(const struct yaml_file *file, const struct profile_phase *phase, const char *what,
                            struct error *err)
{
        const struct profile_step *last = &phase->steps[phase->step_count - 1];
        struct place place = {.file = file, .phase = what, .list = "steps", .item = last->id};
        if (!last->optional && !last->then_count && !last->fail && last->timeout != TIMEOUT_SKIP)
                return true;
        return refuse(&place, last->line, err,
                      "the last step ends the %s: it cannot be optional or skipped, or have then or fail",
                      strcmp(what, "install") == 0 ? "installation" : "task");
}

static bool check_task(struct profile *profile, struct profile_task *task, struct error *err)
{
        struct profile_phase *phase = &task->phase;
        struct place steps = {.file = profile->file, .phase = task->name, .list = "steps"};
        struct place anytime = {.file = profile->file, .phase = task->name, .list = "anytime"};
        struct place begin = {.file = profile->file, .phase = task->name, .key = "begin"};
        if (profile_task(profile, task->name, NULL) != task)
                return refuse(&(struct place){.file = profile->file, .phase = "tasks"}, task->line, err,
                              "two tasks have the name '%s'", task->name);
        // The console of a running system has no list of disks.
        if (profile_phase_has_key(phase, "<target-disk>"))
                return refuse(&steps, task->line, err, "the key <target-disk> belongs to an installation");
        for (size_t i = 0; i < phase->begin_count; i++) {
                if (!check_plain_key(&begin, phase->begin[i], err))
                        return false;
        }
        return check_steps(&steps, phase, phase->steps, phase->step_count, err) &&
               check_steps(&anytime, phase, phase->anytime, phase->anytime_count, err) &&
               check_last_step(profile->file, phase, task->name, err);
}

static bool check_tasks(struct profile *profile, struct error *err)
{
        for (size_t i = 0; i < profile->task_count; i++) {
                if (!check_task(profile, &profile->tasks[i], err))
                        return false;
        }
        return true;
}

static bool check_disk_row(struct profile *profile, struct error *err)
{
        struct place place = {.file = profile->file};
        if (!profile->disk_row)
                return !profile_phase_has_key(&profile->install, "<target-disk>") ||
                       refuse(&place, profile->install.line, err,
                              "disk_row is missing: <target-disk> needs it to find the list of disks");
        profile->disk_pattern = compile(&place, "disk_row", profile->disk_row, err);
        if (!profile->disk_pattern)
                return false;
        struct place inner = within(&place, "disk_row");
        return (pattern_has_group(profile->disk_pattern, "size") && pattern_has_group(profile->disk_pattern, "unit")) ||
               refuse(&inner, yaml_file_line(profile->file, profile->disk_row), err,
                      "needs the groups (?<size>...) and (?<unit>...)");
}

// The patterns that have a default or may be left out.
static bool check_screens(struct profile *profile, struct error *err)
{
        struct place place = {.file = profile->file};
        profile->asks = profile->asks ? profile->asks : DEFAULT_ASKS;
        profile->asks_pattern = compile(&place, "asks", profile->asks, err);
        if (!profile->asks_pattern)
                return false;
        if (profile->disk_list_end)
                profile->disk_end_pattern = compile(&place, "disk_list_end", profile->disk_list_end, err);
        return !profile->disk_list_end || profile->disk_end_pattern;
}

static bool check_disk_size(const struct profile *profile, struct error *err)
{
        uint64_t size;
        struct place place = {.file = profile->file, .phase = "machine", .key = "disk_size"};
        if (text_parse_size(profile->machine.disk_size, &size) && size)
                return true;
        return refuse(&place, yaml_file_line(profile->file, profile->machine.disk_size), err,
                      "'%s' is not a size, such as 40G", profile->machine.disk_size);
}

bool profile_check(struct profile *profile, struct error *err)
{
        profile->settle_ms = profile->settle_ms ? profile->settle_ms : DEFAULT_SETTLE_MS;
        profile->unknown_s = profile->unknown_s ? profile->unknown_s : DEFAULT_UNKNOWN_S;
        profile->resend_ms = profile->resend_ms ? profile->resend_ms : DEFAULT_RESEND_MS;
        profile->has_kickstart = profile->kickstart.criterion_count > 0;
        return check_disk_size(profile, err) && check_disk_row(profile, err) && check_screens(profile, err) &&
               check_phase(profile->file, &profile->install, "install", err) &&
               check_last_step(profile->file, &profile->install, "install", err) &&
               check_phase(profile->file, &profile->kickstart, "kickstart", err) &&
               check_phase(profile->file, &profile->reboot, "reboot", err) &&
               check_phase(profile->file, &profile->boot, "boot", err) && check_tasks(profile, err);
}
