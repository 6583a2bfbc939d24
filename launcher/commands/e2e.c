// SPDX-License-Identifier: Apache-2.0
//
// esxiarm e2e: install, then boot the disk alone.
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/jobs/end-to-end.h"

static int run(const void *values, int count, char **operands, struct error *err)
{
        (void)count;
        return end_to_end_run(values, operands[0], err);
}

static const struct cli_option options[] = {
        REQUEST_PAYLOAD_OPTIONS,
        REQUEST_ALL_INSTALL_OPTIONS,
        {0},
};

const struct cli_command cmd_e2e = {
        .name = "e2e",
        .operands = "MACHINE",
        .summary = "installs, then boots the disk alone, with one verdict on both",
        .details =
                "Runs `esxiarm install MACHINE` and `esxiarm boot-installed MACHINE --check`, with their exit codes.",
        .options = options,
        .values_size = sizeof(struct request),
        .least = 1,
        .most = 1,
        .run = run,
        .stored = request_stored,
};
