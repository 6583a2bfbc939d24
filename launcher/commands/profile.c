// SPDX-License-Identifier: Apache-2.0
//
// esxiarm profile: checks a guest profile, and plays a recorded console to it (replay.h).
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/jobs/replay.h"
#include "launcher/machine/profile.h"

struct values {
        const char *task;
        bool json;
};

static json_t *names_of_tasks(const struct profile *profile)
{
        json_t *names = json_array();
        for (size_t i = 0; i < profile->task_count; i++)
                json_array_append_new(names, json_string(profile->tasks[i].name));
        return names;
}

static int check(const struct profile *profile, const struct values *values, const char *name)
{
        json_t *tasks = names_of_tasks(profile);
        if (values->json) {
                cli_print_json(json_pack("{s:s, s:s, s:i, s:i, s:o}", "profile", profile->name, "title", profile->title,
                                         "steps", (int)profile->install.step_count, "anytime",
                                         (int)profile->install.anytime_count, "tasks", tasks));
                return 0;
        }
        printf("%s: %s (%s); steps: %zu, at any time: %zu, tasks: %zu\n", name, profile->name, profile->title,
               profile->install.step_count, profile->install.anytime_count, profile->task_count);
        json_decref(tasks);
        return 0;
}

// "a, b (and c)": the ids of LIST, freed with free().
static char *joined(const json_t *list)
{
        struct text text = {0};
        for (size_t i = 0; i < json_array_size(list); i++)
                text_add_format(&text, "%s%s", i ? ", " : "", json_string_value(json_array_get(list, i)));
        return text_take(&text);
}

static const char *text_of(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

static double number_of(const json_t *object, const char *key)
{
        return json_number_value(json_object_get(object, key));
}

static void print_moment(const json_t *moment)
{
        const json_t *also = json_object_get(moment, "also");
        AUTO_FREE char *others = joined(also);
        printf("%9.2f s  %6.2f s  %-16s %s%s%s%s\n", number_of(moment, "time"), number_of(moment, "duration"),
               text_of(moment, "step"), text_of(moment, "title"),
               json_object_get(moment, "unexpected") ? "  (may not come here)" : "", also ? "  also: " : "", others);
}

static void print_unknown(const json_t *moment)
{
        const char *screen = text_of(moment, "screen");
        printf("%9.2f s  %6.2f s  no step knows this screen:\n", number_of(moment, "time"),
               number_of(moment, "duration"));
        for (size_t length; *screen; screen += length + (screen[length] == '\n')) {
                length = strcspn(screen, "\n");
                printf("    %.*s\n", (int)length, screen);
        }
}

static void print_list(const char *what, const json_t *list)
{
        AUTO_FREE char *ids = joined(list);
        if (*ids)
                printf("%s: %s\n", what, ids);
}

static void print_replay(const json_t *result)
{
        const json_t *moments = json_object_get(result, "moments");
        const json_t *unknown = json_object_get(result, "unknown");
        for (size_t i = 0; i < json_array_size(moments); i++)
                print_moment(json_array_get(moments, i));
        for (size_t i = 0; i < json_array_size(unknown); i++)
                print_unknown(json_array_get(unknown, i));
        print_list("required, but did not come", json_object_get(result, "unseen"));
        print_list("did not come", json_object_get(result, "absent"));
}

static int replay(const struct profile *profile, const struct values *values, const char *recording, struct error *err)
{
        const struct profile_task *task = values->task ? profile_task(profile, values->task, err) : NULL;
        if (values->task && !task)
                return (int)err->code;
        json_t *result = replay_run(profile, task ? &task->phase : &profile->install, recording, err);
        bool fits = json_is_true(json_object_get(result, "fits"));
        if (!result)
                return (int)err->code;
        if (values->json) {
                cli_print_json(result);
        } else {
                print_replay(result);
                json_decref(result);
        }
        return fits ? 0 : ERROR_NO;
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        const struct values *values = given;
        bool is_check = strcmp(operands[0], "check") == 0;
        bool is_replay = strcmp(operands[0], "replay") == 0;
        if (!is_check && !is_replay)
                error_set(err, ERROR_USAGE, "unknown action '%s' (expected check or replay)", operands[0]);
        else if (is_check && count != 2)
                error_set(err, ERROR_USAGE, "profile check takes one guest profile");
        else if (is_replay && count != 3)
                error_set(err, ERROR_USAGE, "profile replay takes a guest profile and a recording (console.cast)");
        if (err->code)
                return (int)err->code;
        AUTO_PROFILE struct profile *profile = profile_read(operands[1], err);
        if (!profile)
                return (int)err->code;
        return is_check ? check(profile, values, operands[1]) : replay(profile, values, operands[2], err);
}

static const struct cli_option options[] = {
        {"task", "NAME", CLI_TEXT, offsetof(struct values, task),
         "replay: play to this task's steps (default: the installation's)"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_profile = {
        .name = "profile",
        .operands = "check PROFILE | replay PROFILE console.cast",
        .summary = "checks a guest profile; plays a recorded console to its steps, without a boot",
        .details =
                "PROFILE is a file or the name of a profile that comes with esxiarm. `replay` prints which step would\n"
                "take which screen of the recording (time, duration, step), the screens that ask for a key and that\n"
                "no step knows, and the steps that did not come. docs/guest-profiles.md describes the format.\n\n"
                "Exit codes: 0 the profile is sound, and the recording fits; 1 the recording does not fit; 2 no such\n"
                "file; 3 the profile or the recording is damaged.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 3,
        .run = run,
};
