// SPDX-License-Identifier: Apache-2.0
//
// esxiarm boot-installed: boots the installed disk alone, with the vars that belong to it (boot.h).
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/jobs/background.h"
#include "launcher/jobs/request.h"

struct values {
        struct request request; // first: its options have offsets in it
        bool check, detach, interactive;
};

// A boot, and how to report it.
struct telling {
        const struct values *values;
        struct background *background;
        const char *path;
        bool told;
};

static void tell_json(const struct boot_outcome *outcome, const struct error *err)
{
        json_t *json =
                json_pack("{s:b, s:i, s:s?, s:s?, s:b, s:s?, s:f}", "up", err->code == 0, "exit_code", (int)err->code,
                          "accel", outcome->accel, "booted", outcome->booted, "own_entry", outcome->expected_entry,
                          "evidence", outcome->evidence, "seconds", (double)outcome->duration_ms / 1000);
        if (err->message)
                json_object_set_new(json, "message", json_string(err->message));
        cli_print_json(json);
}

static void tell_text(const struct telling *telling, const struct boot_outcome *outcome)
{
        AUTO_FREE char *time = text_duration(outcome->duration_ms);
        printf("up in %s: %s%s\nevidence: %s\n", time, outcome->booted,
               outcome->expected_entry ? "" : " (the firmware's generic entry, not the installer's)",
               outcome->evidence);
        if (telling->values->detach)
                printf("It runs in the background: esxiarm status, console or stop %s\n", telling->path);
}

static void tell_up(const struct boot_outcome *outcome, void *context)
{
        struct telling *telling = context;
        const struct error none = {0};
        telling->told = true;
        if (telling->values->request.json)
                tell_json(outcome, &none);
        else
                tell_text(telling, outcome);
        fflush(stdout);
        background_let_go(telling->background);
}

static bool check_values(const struct values *values, struct error *err)
{
        if (values->check + values->detach + values->interactive > 1)
                return error_set(err, ERROR_USAGE, "--check, --detach and --interactive exclude each other");
        return true;
}

static int boot(const struct values *values, const char *path, struct background *background, struct error *err)
{
        AUTO_BOOT_OUTCOME struct boot_outcome outcome = {0};
        struct telling telling = {.values = values, .background = background, .path = path};
        const struct request_stay stay = {
                .stay = values->check    ? BOOT_STOP
                        : values->detach ? BOOT_BACKGROUND
                                         : BOOT_FOREGROUND,
                .up = tell_up,
                .context = &telling,
        };
        request_boot(&values->request, path, &stay, &outcome, err);
        if (values->request.json && !telling.told)
                tell_json(&outcome, err);
        else if (!values->request.json)
                request_tell_evidence(outcome.evidence, err);
        return (int)err->code;
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = given;
        struct background background = {.report = -1};
        bool is_child = true;
        int code = 0;
        if (!check_values(values, err))
                return (int)err->code;
        if (values->request.print_command)
                return request_print_boot(&values->request, operands[0], err) ? 0 : (int)err->code;
        if (values->detach && !background_split(&background, &is_child, &code, err))
                return (int)err->code;
        return is_child ? boot(values, operands[0], &background, err) : code;
}

static const struct cli_option options[] = {
        {"check", NULL, CLI_FLAG, offsetof(struct values, check), "stop the machine once it is up"},
        {"detach", NULL, CLI_FLAG, offsetof(struct values, detach), "leave it running in the background once it is up"},
        {"interactive", NULL, CLI_FLAG, offsetof(struct values, interactive),
         "connect your terminal to its console once it is up; Ctrl-] opens a menu (default)"},
        {"force", NULL, CLI_FLAG, offsetof(struct request, force),
         "start although the firmware will start another boot entry than the system's own"},
        {"profile", "NAME", CLI_TEXT, offsetof(struct request, profile),
         "guest profile that judges the log (default: that of the installation; esxi8 for a disk)"},
        SETTINGS_MACHINE_OPTIONS(struct request, settings),
        REQUEST_RUN_OPTIONS,
        REQUEST_PRINT_OPTION,
        {0},
};

const struct cli_command cmd_boot_installed = {
        .name = "boot-installed",
        .operands = "MACHINE|DISK",
        .summary = "boots the installed disk alone, if firmware, vars and disk belong together",
        .details = "Before QEMU starts, the firmware's digest, the boot entry and the disk are compared with what the\n"
                   "installation left. QEMU then gets neither payload nor bootindex, so the firmware obeys BootOrder, "
                   "and\n"
                   "the log must show the entry that booted and the markers of a running system.\n\n"
                   "DISK is an image in any format that QEMU supports; --vars FILE is its variable store. A name in\n"
                   "[brackets] is the environment variable of a setting.\n\n"
                   "Exit codes: 0 up, 1 no match, or a criterion is not met, 2 no such machine, 3 its vars or its disk "
                   "are\n"
                   "damaged, 4 QEMU or the host failed, 5 not up in time, 6 the guest panicked, 130 interrupted.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
        .stored = request_stored,
};
