// SPDX-License-Identifier: Apache-2.0
//
// esxiarm boot-installed: the installed disk alone, with the vars that belong to it (boot.h).
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands.h"
#include "launcher/request.h"

struct boot_values {
        struct request request; // first: its options have offsets in it
        bool check;
};

static int run(const void *values, int count, char **operands, struct error *err)
{
        (void)count;
        const struct boot_values *given = values;
        struct request request = given->request;
        if (request.print_command)
                return request_print_boot(&request, operands[0], err) ? 0 : (int)err->code;
        request.stay = !given->check;
        AUTO_BOOT_OUTCOME struct boot_outcome outcome = {0};
        bool up = request_boot(&request, operands[0], &outcome, err);
        if (request.json) {
                json_t *json = json_pack("{s:b, s:i, s:s?, s:b, s:s?, s:f}", "up", up, "exit_code", (int)err->code,
                                         "booted", outcome.booted, "own_entry", outcome.expected_entry, "evidence",
                                         outcome.evidence, "seconds", (double)outcome.duration_ms / 1000);
                if (err->message)
                        json_object_set_new(json, "message", json_string(err->message));
                cli_print_json(json);
        } else if (up) {
                AUTO_FREE char *time = text_duration(outcome.duration_ms);
                printf("up in %s: %s%s\nevidence: %s\n", time, outcome.booted,
                       outcome.expected_entry ? "" : " (the firmware's generic entry, not the installer's)",
                       outcome.evidence);
        }
        return (int)err->code;
}

static const struct cli_option options[] = {
        {"check", NULL, CLI_FLAG, offsetof(struct boot_values, check),
         "stop the machine once it is up (default: the console is yours until Ctrl-])", NULL},
        SETTINGS_MACHINE_OPTIONS(struct request, settings),
        REQUEST_RUN_OPTIONS,
        REQUEST_PRINT_OPTION,
        {0},
};

const struct cli_command cmd_boot_installed = {
        .name = "boot-installed",
        .operands = "MACHINE",
        .summary = "boots the installed disk alone, if firmware, vars and disk belong together",
        .details = "Before anything is started, the firmware's digest, the boot entry and the disk are compared with "
                   "what\n"
                   "the installation left. QEMU then gets neither payload nor bootindex, so the firmware obeys\n"
                   "BootOrder, and the log has to show the entry that booted and the markers of a running system.\n\n"
                   "Exit codes: 0 up, 1 something does not match or a criterion does not hold, 4 QEMU or the host\n"
                   "failed, 5 not up in time, 6 the guest panicked, 130 interrupted.",
        .options = options,
        .values_size = sizeof(struct boot_values),
        .least = 1,
        .most = 1,
        .run = run,
};
