// SPDX-License-Identifier: Apache-2.0
//
// esxiarm task: does something on the console of a machine that is up (task.h).
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/jobs/request.h"

struct values {
        struct request request; // first: its options have offsets in it
        bool boot, list;
};

static void print_tasks(const struct profile *profile, bool as_json)
{
        json_t *tasks = json_array();
        for (size_t i = 0; i < profile->task_count; i++)
                json_array_append_new(tasks, json_pack("{s:s, s:s}", "task", profile->tasks[i].name, "title",
                                                       profile->tasks[i].title));
        if (as_json) {
                cli_print_json(json_pack("{s:s, s:o}", "profile", profile->name, "tasks", tasks));
                return;
        }
        for (size_t i = 0; i < profile->task_count; i++)
                printf("%-20s %s\n", profile->tasks[i].name, profile->tasks[i].title);
        if (!profile->task_count)
                printf("the profile %s has no tasks\n", profile->name);
        json_decref(tasks);
}

// The tasks of a machine's profile, or of --profile, or of esxi8.
static int list(const struct values *values, const char *folder, struct error *err)
{
        AUTO_MACHINE struct machine machine = {.lock = -1};
        if (folder && !machine_open(folder, false, &machine, err))
                return (int)err->code;
        AUTO_PROFILE struct profile *profile = request_profile(&values->request, &machine, err);
        if (profile)
                print_tasks(profile, values->request.json);
        return (int)err->code;
}

static int do_task(const struct values *values, char **operands, struct error *err)
{
        json_t *result = request_task(&values->request, operands[0], operands[1], values->boot, err);
        if (values->request.json) {
                cli_print_json(result ? result
                                      : json_pack("{s:b, s:s, s:i, s:s?}", "done", false, "task", operands[1],
                                                  "exit_code", (int)err->code, "message", err->message));
                return (int)err->code;
        }
        if (!err->code) {
                uint64_t ms = (uint64_t)(json_number_value(json_object_get(result, "seconds")) * 1000);
                AUTO_FREE char *time = text_duration(ms);
                printf("%s: done in %s\nevidence: %s\n", operands[1], time,
                       json_string_value(json_object_get(result, "evidence")));
        }
        json_decref(result);
        return (int)err->code;
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        const struct values *values = given;
        if (values->list && count > 1)
                error_set(err, ERROR_USAGE, "--list takes a machine only, but got the task '%s'", operands[1]);
        else if (!values->list && count < 2)
                error_set(err, ERROR_USAGE, "%s; esxiarm task --list shows the tasks",
                          count ? "no task given" : "no machine and no task given");
        if (err->code)
                return (int)err->code;
        return values->list ? list(values, count ? operands[0] : NULL, err) : do_task(values, operands, err);
}

static const struct cli_option options[] = {
        {"list", NULL, CLI_FLAG, offsetof(struct values, list),
         "list the tasks of MACHINE's guest profile (without MACHINE: of --profile, or esxi8)"},
        {"boot", NULL, CLI_FLAG, offsetof(struct values, boot),
         "if the machine is not up, boot it for the task and have it power off afterwards"},
        {"root-password-file", "FILE", CLI_TEXT, offsetof(struct request, password_file),
         "file whose first line is root's password (or set ROOT_PASSWORD; else you are asked)"},
        {"profile", "NAME", CLI_TEXT, offsetof(struct request, profile),
         "guest profile: a name or a file.yaml (default: that of the installation)"},
        {"set", "KEY=VALUE", CLI_LIST, offsetof(struct request, texts),
         "the value of {KEY} in the texts that the task types"},
        SETTINGS_MACHINE_OPTIONS(struct request, settings),
        REQUEST_RUN_OPTIONS,
        {0},
};

const struct cli_command cmd_task = {
        .name = "task",
        .operands = "MACHINE TASK",
        .summary = "does a task of the guest profile, such as enable-ssh, on a running machine's console",
        .details =
                "The machine is up in another terminal or in the background (boot-installed --detach); its launcher\n"
                "types the task's keys and accepts no others meanwhile. With --boot, a machine that is not up is\n"
                "booted first; the options for running a machine apply only then. A task that is already done is a\n"
                "success. docs/guest-profiles.md describes how to write tasks.\n\n"
                "Exit codes: 0 done, 1 refused by the guest, or the machine is not up, 2 no such machine or task,\n"
                "4 QEMU or the host failed, 5 a step timed out, 6 the guest panicked, 130 interrupted.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 2,
        .run = run,
        .stored = request_stored,
};
