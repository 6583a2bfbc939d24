// SPDX-License-Identifier: Apache-2.0
#include "launcher/machine/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/paths.h"
#include "base/spelling.h"
#include "base/text.h"
#include "base/yaml-file.h"
#include "launcher/machine/profile-private.h"

enum {
        NAME_LIMIT = 64,
        TEXT_LIMIT = 4096,
        LIST_LIMIT = 256,
        WAIT_LIMIT_S = 7 * 24 * 3600,
};

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

#define QUIET                                                                                                          \
        {                                                                                                              \
                "quiet", YAML_NUMBER, false, AT(profile_phase, quiet_s), .least = 1, .most = WAIT_LIMIT_S              \
        }

static const struct yaml_field driven_fields[] = {
        {"steps", YAML_MAPPINGS, true, STEPS(steps, step_count), .least = 1},
        {"anytime", YAML_MAPPINGS, false, STEPS(anytime, anytime_count)},
        QUIET,
        CRITERIA,
        {0},
};
static const struct yaml_mapping driven_mapping = {driven_fields, sizeof(struct profile_phase),
                                                   offsetof(struct profile_phase, line)};

static const struct yaml_field watched_fields[] = {WAIT, QUIET, CRITERIA, {0}};
static const struct yaml_mapping watched_mapping = {watched_fields, sizeof(struct profile_phase),
                                                    offsetof(struct profile_phase, line)};

static const struct yaml_field task_fields[] = {
        {"name", YAML_TEXT, true, AT(profile_task, name), .most = NAME_LIMIT},
        {"title", YAML_TEXT, true, AT(profile_task, title), .most = TEXT_LIMIT},
        {"begin", YAML_TEXTS, false, LIST(profile_task, phase.begin, phase.begin_count), .most = LIST_LIMIT},
        {"steps", YAML_MAPPINGS, true, LIST(profile_task, phase.steps, phase.step_count), .least = 1,
         .most = LIST_LIMIT, .mapping = &step_mapping},
        {"anytime", YAML_MAPPINGS, false, LIST(profile_task, phase.anytime, phase.anytime_count), .most = LIST_LIMIT,
         .mapping = &step_mapping},
        {0},
};
static const struct yaml_mapping task_mapping = {task_fields, sizeof(struct profile_task),
                                                 offsetof(struct profile_task, line)};

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

static const char *const payloads[] = {
        [PROFILE_PAYLOAD_ESXI] = "esxi",
        [PROFILE_PAYLOAD_ANY] = "any",
        NULL,
};

static const struct yaml_field profile_fields[] = {
        {"name", YAML_TEXT, true, AT(profile, name), .most = NAME_LIMIT},
        {"title", YAML_TEXT, true, AT(profile, title), .most = TEXT_LIMIT},
        {"rehearsal", YAML_FLAG, false, AT(profile, rehearsal)},
        {"payload", YAML_WORD, false, AT(profile, payload), .words = payloads},
        {"machine", PHASE(machine, machine_mapping)},
        {"password", YAML_MAPPING, false, AT(profile, password), .mapping = &password_mapping},
        {"boot_label", YAML_ONE_TEXT, true, LIST(profile, boot_labels, boot_label_count), .least = 1,
         .most = LIST_LIMIT},
        {"settle_ms", YAML_NUMBER, false, AT(profile, settle_ms), .least = 1, .most = 60000},
        {"resend_ms", YAML_NUMBER, false, AT(profile, resend_ms), .least = 50, .most = 3600000},
        {"unknown_s", YAML_NUMBER, false, AT(profile, unknown_s), .least = 1, .most = WAIT_LIMIT_S},
        {"asks", YAML_TEXT, false, AT(profile, asks), .most = TEXT_LIMIT},
        {"disk_row", YAML_TEXT, false, AT(profile, disk_row), .most = TEXT_LIMIT},
        {"disk_list_end", YAML_TEXT, false, AT(profile, disk_list_end), .most = TEXT_LIMIT},
        {"install", PHASE(install, driven_mapping)},
        {"kickstart", YAML_MAPPING, false, AT(profile, kickstart), .mapping = &watched_mapping},
        {"reboot", PHASE(reboot, watched_mapping)},
        {"boot", PHASE(boot, watched_mapping)},
        {"tasks", YAML_MAPPINGS, false, LIST(profile, tasks, task_count), .most = LIST_LIMIT, .mapping = &task_mapping},
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

char *profile_argument(const char *key, const char *kind)
{
        AUTO_FREE char *beginning = text_format("<%s: ", kind);
        size_t length = strlen(key);
        size_t outside = strlen(beginning) + 1;
        if (!text_starts_with(key, beginning) || !text_ends_with(key, ">") || length <= outside)
                return NULL;
        return text_format("%.*s", (int)(length - outside), key + strlen(beginning));
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
        error_set(err, ERROR_ENVIRONMENT,
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

static bool has_key(const struct profile_step *steps, size_t count, const char *key)
{
        for (size_t i = 0; i < count; i++) {
                for (size_t j = 0; j < steps[i].key_count; j++) {
                        if (strcmp(steps[i].keys[j], key) == 0)
                                return true;
                }
        }
        return false;
}

bool profile_phase_has_key(const struct profile_phase *phase, const char *key)
{
        return has_key(phase->steps, phase->step_count, key) || has_key(phase->anytime, phase->anytime_count, key);
}

bool profile_phase_types_password(const struct profile_phase *phase)
{
        return profile_phase_has_key(phase, "<password>");
}

bool profile_types_password(const struct profile *profile)
{
        return profile_phase_types_password(&profile->install);
}

const struct profile_task *profile_task(const struct profile *profile, const char *name, struct error *err)
{
        AUTO_FREE const char **names = memory_new(profile->task_count + 1, sizeof *names);
        for (size_t i = 0; i < profile->task_count; i++) {
                names[i] = profile->tasks[i].name;
                if (strcmp(names[i], name) == 0)
                        return &profile->tasks[i];
        }
        error_set(err, ERROR_USAGE, "the profile %s has no task '%s'", profile->name, name);
        const char *nearest = spelling_nearest(name, names);
        if (nearest)
                error_append(err, "; did you mean '%s'?", nearest);
        else if (profile->task_count)
                error_append(err, "; it has");
        for (size_t i = 0; !nearest && i < profile->task_count; i++)
                error_append(err, "%s %s", i ? "," : "", names[i]);
        return NULL;
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
        if (!profile->file || !yaml_file_fill(profile->file, &profile_mapping, profile, err) ||
            !profile_check(profile, err))
                return NULL;
        return MEMORY_TAKE(profile);
}

bool profile_copy(const struct profile *profile, const char *path, struct error *err)
{
        return file_replace(path, 0666, yaml_file_text(profile->file), err);
}

char *profile_sha256(const struct profile *profile)
{
        struct digest digest;
        return digest_bytes(yaml_file_text(profile->file), &digest, NULL) ? digest_hex(&digest) : memory_text("");
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
        for (size_t i = 0; i < profile->task_count; i++) {
                free_patterns(profile->tasks[i].phase.steps, profile->tasks[i].phase.step_count);
                free_patterns(profile->tasks[i].phase.anytime, profile->tasks[i].phase.anytime_count);
        }
        pattern_free(&profile->disk_pattern);
        pattern_free(&profile->disk_end_pattern);
        pattern_free(&profile->asks_pattern);
        yaml_file_free(&profile->file);
        free(profile);
        *profile_pointer = NULL;
}
