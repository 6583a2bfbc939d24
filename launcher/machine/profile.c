// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/spelling.h"
#include "base/text.h"
#include "base/yaml-file.h"
#include "launcher/machine/keys.h"

enum {
        NAME_LIMIT = 64,
        TEXT_LIMIT = 4096,
        LIST_LIMIT = 256,
        WAIT_LIMIT_S = 7 * 24 * 3600,
        DEFAULT_SETTLE_MS = 40,
        DEFAULT_RESEND_MS = 10000,
        DEFAULT_WAIT_S = 600,
        DEFAULT_LIMIT = 3,
        DEFAULT_UNKNOWN_S = 60,
};
#define DEFAULT_ASKS "\\((?:Enter|Esc|Tab|F\\d{1,2})\\) "

// The tables of the keys of a profile.

#define AT(type, member)           .offset = offsetof(struct type, member)
#define LIST(type, member, length) AT(type, member), .count_offset = offsetof(struct type, length)

static const char *const whens[] = {
        [WHEN_ALWAYS] = "always",
        [WHEN_KEEP] = "keep",
        [WHEN_OVERWRITE] = "overwrite",
        [WHEN_UPGRADE] = "upgrade",
        NULL,
};

static const struct yaml_field step_fields[] = {
        {"id", YAML_TEXT, true, AT(profile_step, id), .most = NAME_LIMIT},
        {"title", YAML_TEXT, true, AT(profile_step, title), .most = TEXT_LIMIT},
        {"screen", YAML_ONE_TEXT, true, LIST(profile_step, screens, screen_count), .least = 1, .most = LIST_LIMIT},
        {"keys", YAML_TEXTS, false, LIST(profile_step, keys, key_count), .most = LIST_LIMIT},
        {"when", YAML_WORD, false, AT(profile_step, when), .words = whens},
        {"optional", YAML_FLAG, false, AT(profile_step, optional)},
        {"wait", YAML_NUMBER, false, AT(profile_step, wait_s), .least = 1, .most = WAIT_LIMIT_S},
        {"percent", YAML_TEXT, false, AT(profile_step, percent), .most = TEXT_LIMIT},
        {"then", YAML_ONE_TEXT, false, LIST(profile_step, then, then_count), .least = 1, .most = LIST_LIMIT},
        {"limit", YAML_NUMBER, false, AT(profile_step, limit), .least = 1, .most = 1000},
        {"on_timeout", YAML_TEXT, false, AT(profile_step, on_timeout), .most = NAME_LIMIT},
        {"fail", YAML_TEXT, false, AT(profile_step, fail), .most = TEXT_LIMIT},
        {0},
};
static const struct yaml_mapping step_mapping = {step_fields, sizeof(struct profile_step),
                                                 offsetof(struct profile_step, line)};

static const char *const kinds[] = {
        [CRITERION_REQUIRED] = "required",
        [CRITERION_FORBIDDEN] = "forbidden",
        [CRITERION_OPTIONAL] = "optional",
        NULL,
};

static const struct yaml_field criterion_fields[] = {
        {"name", YAML_TEXT, true, AT(criterion, name), .most = TEXT_LIMIT},
        {"line", YAML_TEXT, true, AT(criterion, pattern), .most = TEXT_LIMIT},
        {"kind", YAML_WORD, true, AT(criterion, kind), .words = kinds},
        {"panic", YAML_FLAG, false, AT(criterion, panic)},
        {"rejoin", YAML_FLAG, false, AT(criterion, rejoin)},
        {0},
};
static const struct yaml_mapping criterion_mapping = {.fields = criterion_fields, .size = sizeof(struct criterion)};

#define STEPS(member, length) LIST(profile_phase, member, length), .most = LIST_LIMIT, .mapping = &step_mapping
#define CRITERIA                                                                                                       \
        {                                                                                                              \
                "criteria", YAML_MAPPINGS, true, LIST(profile_phase, criteria, criterion_count),                       \
                        .least = 1, .most = LIST_LIMIT, .mapping = &criterion_mapping                                  \
        }
#define WAIT                                                                                                           \
        {                                                                                                              \
                "wait", YAML_NUMBER, false, AT(profile_phase, wait_s), .least = 1, .most = WAIT_LIMIT_S                \
        }

static const struct yaml_field driven_fields[] = {
        {"steps", YAML_MAPPINGS, true, STEPS(steps, step_count), .least = 1},
        {"anytime", YAML_MAPPINGS, false, STEPS(anytime, anytime_count)},
        CRITERIA,
        {0},
};
static const struct yaml_mapping driven_mapping = {driven_fields, sizeof(struct profile_phase),
                                                   offsetof(struct profile_phase, line)};

#define QUIET                                                                                                          \
        {                                                                                                              \
                "quiet", YAML_NUMBER, false, AT(profile_phase, quiet_s), .least = 1, .most = WAIT_LIMIT_S              \
        }
static const struct yaml_field watched_fields[] = {WAIT, QUIET, CRITERIA, {0}};
static const struct yaml_mapping watched_mapping = {watched_fields, sizeof(struct profile_phase),
                                                    offsetof(struct profile_phase, line)};

static const struct yaml_field machine_fields[] = {
        {"memory", YAML_NUMBER, true, AT(profile_machine, memory_mb), .least = 64, .most = 1 << 24},
        {"cpus", YAML_NUMBER, true, AT(profile_machine, cpus), .least = 1, .most = 512},
        {"disk_size", YAML_TEXT, true, AT(profile_machine, disk_size), .most = NAME_LIMIT},
        {0},
};
static const struct yaml_mapping machine_mapping = {.fields = machine_fields, .size = sizeof(struct profile_machine)};

static const struct yaml_field password_fields[] = {
        {"least", YAML_NUMBER, false, AT(profile_password, least), .most = 128},
        {"most", YAML_NUMBER, false, AT(profile_password, most), .least = 1, .most = 128},
        {"classes", YAML_NUMBER, false, AT(profile_password, classes), .most = 4},
        {0},
};
static const struct yaml_mapping password_mapping = {.fields = password_fields,
                                                     .size = sizeof(struct profile_password)};

#define PHASE(member, table) YAML_MAPPING, true, AT(profile, member), .mapping = &(table)

static const struct yaml_field profile_fields[] = {
        {"name", YAML_TEXT, true, AT(profile, name), .most = NAME_LIMIT},
        {"title", YAML_TEXT, true, AT(profile, title), .most = TEXT_LIMIT},
        {"rehearsal", YAML_FLAG, false, AT(profile, rehearsal)},
        {"machine", PHASE(machine, machine_mapping)},
        {"password", YAML_MAPPING, false, AT(profile, password), .mapping = &password_mapping},
        {"boot_label", YAML_ONE_TEXT, true, LIST(profile, boot_labels, boot_label_count), .least = 1,
         .most = LIST_LIMIT},
        {"settle_ms", YAML_NUMBER, false, AT(profile, settle_ms), .least = 1, .most = 60000},
        {"resend_ms", YAML_NUMBER, false, AT(profile, resend_ms), .least = 50, .most = 3600000},
        {"unknown", YAML_NUMBER, false, AT(profile, unknown_s), .least = 1, .most = WAIT_LIMIT_S},
        {"asks", YAML_TEXT, false, AT(profile, asks), .most = TEXT_LIMIT},
        {"disk_row", YAML_TEXT, true, AT(profile, disk_row), .most = TEXT_LIMIT},
        {"disk_list_end", YAML_TEXT, false, AT(profile, disk_list_end), .most = TEXT_LIMIT},
        {"install", PHASE(install, driven_mapping)},
        {"kickstart", YAML_MAPPING, false, AT(profile, kickstart), .mapping = &watched_mapping},
        {"reboot", PHASE(reboot, watched_mapping)},
        {"boot", PHASE(boot, watched_mapping)},
        {0},
};
static const struct yaml_mapping profile_mapping = {.fields = profile_fields, .size = sizeof(struct profile)};

// The meaning of the values.

const struct profile_step *profile_step(const struct profile_phase *phase, const char *id)
{
        for (size_t i = 0; i < phase->step_count; i++) {
                if (strcmp(phase->steps[i].id, id) == 0)
                        return &phase->steps[i];
        }
        return NULL;
}

const struct profile_step *profile_any_step(const struct profile_phase *phase, const char *id)
{
        const struct profile_step *step = profile_step(phase, id);
        for (size_t i = 0; !step && i < phase->anytime_count; i++) {
                if (strcmp(phase->anytime[i].id, id) == 0)
                        step = &phase->anytime[i];
        }
        return step;
}

const char *profile_nearest_step(const struct profile_phase *phase, const char *word)
{
        size_t count = 0;
        AUTO_FREE const char **ids = memory_new(phase->step_count + phase->anytime_count + 1, sizeof *ids);
        for (size_t i = 0; i < phase->step_count; i++)
                ids[count++] = phase->steps[i].id;
        for (size_t i = 0; i < phase->anytime_count; i++)
                ids[count++] = phase->anytime[i].id;
        return spelling_nearest(word, ids);
}

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

#define CHOICE_BEGIN "<choose: "
#define CHOICE_END   ">"

char *profile_choice(const char *key)
{
        size_t length = strlen(key);
        if (!text_starts_with(key, CHOICE_BEGIN) || !text_ends_with(key, CHOICE_END))
                return NULL;
        return text_format("%.*s", (int)(length - strlen(CHOICE_BEGIN CHOICE_END)), key + strlen(CHOICE_BEGIN));
}

// Whether KEY is "<choose: PATTERN>"; *SOUND is then whether its pattern is.
static bool is_choice(const struct place *place, const char *key, bool *sound, struct error *err)
{
        AUTO_ERROR struct error reason = {0};
        AUTO_FREE char *source = profile_choice(key);
        if (!source)
                return false;
        AUTO_PATTERN struct pattern *pattern = pattern_new(source, &reason);
        struct place inner = within(place, "keys");
        *sound = pattern || refuse(&inner, yaml_file_line(place->file, key), err, "%s: %s", key, reason.message);
        return true;
}

static const char *nearest_key(const char *name)
{
        static const char *const special[] = {"<password>", "<target-disk>", CHOICE_BEGIN CHOICE_END, NULL};
        const char *nearest = name[0] == '<' ? spelling_nearest(name, special) : NULL;
        return nearest ? nearest : spelling_nearest(name, key_names());
}

static bool check_key(const struct place *place, const char *key, struct error *err)
{
        if (strcmp(key, "<password>") == 0 || strcmp(key, "<target-disk>") == 0)
                return true;
        bool sound;
        if (is_choice(place, key, &sound, err))
                return sound;
        size_t length = strlen(key);
        AUTO_FREE char *name =
                text_format("%.*s", (int)(length > 1 && key[length - 1] == '?' ? length - 1 : length), key);
        if (key_bytes(name))
                return true;
        struct place inner = within(place, "keys");
        refuse(&inner, yaml_file_line(place->file, key), err, "unknown key '%s'", name);
        const char *nearest = nearest_key(name);
        if (nearest)
                return did_you_mean(nearest, err);
        return error_append(err, " (expected a name such as Enter or F11, one character, <password> or <target-disk>)");
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

// The last step ends the installation.
static bool check_last_step(const struct yaml_file *file, const struct profile_phase *phase, struct error *err)
{
        const struct profile_step *last = &phase->steps[phase->step_count - 1];
        struct place place = {.file = file, .phase = "install", .list = "steps", .item = last->id};
        if (!last->optional && !last->then_count && !last->fail && last->timeout != TIMEOUT_SKIP)
                return true;
        return refuse(&place, last->line, err,
                      "the last step ends the installation: it cannot be optional or skipped, or have then or fail");
}

static bool check_disk_row(struct profile *profile, struct error *err)
{
        struct place place = {.file = profile->file};
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

static bool check(struct profile *profile, struct error *err)
{
        profile->settle_ms = profile->settle_ms ? profile->settle_ms : DEFAULT_SETTLE_MS;
        profile->unknown_s = profile->unknown_s ? profile->unknown_s : DEFAULT_UNKNOWN_S;
        profile->resend_ms = profile->resend_ms ? profile->resend_ms : DEFAULT_RESEND_MS;
        profile->has_kickstart = profile->kickstart.criterion_count > 0;
        return check_disk_size(profile, err) && check_disk_row(profile, err) && check_screens(profile, err) &&
               check_phase(profile->file, &profile->install, "install", err) &&
               check_last_step(profile->file, &profile->install, err) &&
               check_phase(profile->file, &profile->kickstart, "kickstart", err) &&
               check_phase(profile->file, &profile->reboot, "reboot", err) &&
               check_phase(profile->file, &profile->boot, "boot", err);
}

static char *profile_path(const char *name, struct error *err)
{
        if (strchr(name, '/') || text_ends_with(name, ".yaml") || text_ends_with(name, ".yml"))
                return memory_text(name);
        AUTO_FREE char *data = text_format("guests/%s.yaml", name);
        AUTO_FREE char *folder = paths_data("guests", NULL);
        char *path = paths_data(data, folder ? NULL : err);
        if (path || !folder)
                return path;
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        error_set(err, ERROR_USAGE,
                  "unknown guest profile '%s' (expected one that comes with the program, such as esxi8, or "
                  "--profile FILE.yaml)",
                  shown);
        return NULL;
}

bool profile_has_label(const struct profile *profile, const char *label)
{
        for (size_t i = 0; label && i < profile->boot_label_count; i++) {
                if (strcmp(profile->boot_labels[i], label) == 0)
                        return true;
        }
        return false;
}

static bool types_password(const struct profile_step *steps, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j < steps[i].key_count; j++) {
                        if (strcmp(steps[i].keys[j], "<password>") == 0)
                                return true;
                }
        }
        return false;
}

bool profile_types_password(const struct profile *profile)
{
        return types_password(profile->install.steps, profile->install.step_count) ||
               types_password(profile->install.anytime, profile->install.anytime_count);
}

static unsigned count_classes(const char *password)
{
        bool lower = false, upper = false, digit = false, other = false;
        for (; *password; password++) {
                bool is_lower = *password >= 'a' && *password <= 'z';
                bool is_upper = *password >= 'A' && *password <= 'Z';
                bool is_digit = *password >= '0' && *password <= '9';
                lower |= is_lower;
                upper |= is_upper;
                digit |= is_digit;
                other |= !is_lower && !is_upper && !is_digit;
        }
        return (unsigned)lower + upper + digit + other;
}

bool profile_check_password(const struct profile *profile, const char *password, struct error *err)
{
        const struct profile_password *rules = &profile->password;
        size_t length = strlen(password);
        if (length < rules->least || (rules->most && length > rules->most))
                return error_set(err, ERROR_USAGE,
                                 "the root password has %zu characters, but the installer accepts %u to %u", length,
                                 (unsigned)rules->least, (unsigned)rules->most);
        if (count_classes(password) >= rules->classes)
                return true;
        return error_set(err, ERROR_USAGE,
                         "the root password has too few kinds of characters: the installer needs %u of lower case, "
                         "upper case, digits and others",
                         (unsigned)rules->classes);
}

struct profile *profile_read(const char *name, struct error *err)
{
        AUTO_FREE char *path = profile_path(name, err);
        if (!path)
                return NULL;
        AUTO_PROFILE struct profile *profile = memory_new(1, sizeof *profile);
        profile->file = yaml_file_read(path, err);
        if (!profile->file || !yaml_file_fill(profile->file, &profile_mapping, profile, err) || !check(profile, err))
                return NULL;
        return MEMORY_TAKE(profile);
}

static void free_patterns(struct profile_step *steps, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; steps[i].screen_patterns && j < steps[i].screen_count; j++)
                        pattern_free(&steps[i].screen_patterns[j]);
                free(steps[i].screen_patterns);
                pattern_free(&steps[i].percent_pattern);
        }
}

void profile_free(struct profile **profile_pointer)
{
        struct profile *profile = *profile_pointer;
        if (!profile)
                return;
        free_patterns(profile->install.steps, profile->install.step_count);
        free_patterns(profile->install.anytime, profile->install.anytime_count);
        pattern_free(&profile->disk_pattern);
        pattern_free(&profile->disk_end_pattern);
        pattern_free(&profile->asks_pattern);
        yaml_file_free(&profile->file);
        free(profile);
        *profile_pointer = NULL;
}
