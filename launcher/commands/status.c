// SPDX-License-Identifier: Apache-2.0
//
// esxiarm status: whether a machine is up, since when, and what runs on it.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/print.h"
#include "launcher/commands/standing.h"

struct values {
        bool json;
};

static const char *text_in(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

static char *up_since(const json_t *run)
{
        const char *since = text_in(run, "up_since");
        uint64_t began;
        if (!since || !time_parse_stamp(since, &began))
                return memory_text("up");
        uint64_t now = (uint64_t)time(NULL);
        AUTO_FREE char *duration = text_duration(now > began ? (now - began) * 1000 : 0);
        return text_format("up for %s, since %s", duration, since);
}

static void print_run(const json_t *run)
{
        AUTO_FREE char *processes = text_format("%" JSON_INTEGER_FORMAT ", QEMU %" JSON_INTEGER_FORMAT,
                                                json_integer_value(json_object_get(run, "pid")),
                                                json_integer_value(json_object_get(run, "qemu_pid")));
        const char *step = text_in(run, "step");
        AUTO_FREE char *doing = text_format("%s: %s%s%s", text_in(run, "command"), text_in(run, "phase"),
                                            step ? ", " : "", step ? step : "");
        print_row(9, "doing", doing);
        print_row(9, "process", processes);
        print_row(9, "failure", text_in(run, "failure"));
        print_row(9, "booted", text_in(run, "booted"));
        const json_t *forwards = json_object_get(run, "forwards");
        for (size_t i = 0; i < json_array_size(forwards); i++)
                print_row(9, i ? "" : "forwards", json_string_value(json_array_get(forwards, i)));
        print_row(9, "evidence", text_in(run, "evidence"));
}

static void print_usage(const json_t *usage)
{
        const char *state = text_in(usage, "state");
        const json_t *run = json_object_get(usage, "run");
        bool up = strcmp(state, "up") == 0;
        AUTO_FREE char *shown = up ? up_since(run) : memory_text(strcmp(state, "starting") == 0 ? state : "not up");
        print_row(9, "machine", text_in(usage, "machine"));
        print_row(9, "state", shown);
        print_row(9, "guest",
                  json_is_true(json_object_get(usage, "rehearsal")) ? "the rehearsal guest, which is not ESXi"
                                                                    : text_in(usage, "guest"));
        print_row(9, "entry", text_in(usage, "boot_entry"));
        if (!json_is_true(json_object_get(usage, "installed")) && !up)
                print_row(9, "installed", "no");
        print_row(9, "installed", text_in(usage, "installed_at"));
        print_row(9, "firmware", text_in(usage, "firmware"));
        if (up)
                print_run(run);
        const json_t *last = json_object_get(usage, "last_run");
        if (!last)
                return;
        AUTO_FREE char *outcome = text_format("%s (%s)", text_in(last, "folder"), text_in(last, "outcome"));
        print_row(9, "last run", outcome);
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = given;
        json_t *usage = usage_of(operands[0], err);
        if (!usage)
                return (int)err->code;
        bool up = strcmp(text_in(usage, "state"), "up") == 0;
        if (values->json) {
                cli_print_json(usage);
        } else {
                print_usage(usage);
                json_decref(usage);
        }
        return up ? 0 : ERROR_NO;
}

static const struct cli_option options[] = {
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print it as JSON"},
        {0},
};

const struct cli_command cmd_status = {
        .name = "status",
        .operands = "MACHINE",
        .summary = "reports whether a machine is up, since when, what booted, and its forwards",
        .details = "Exit codes: 0 it is up, 1 it is not, 2 no such machine.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
