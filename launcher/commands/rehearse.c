// SPDX-License-Identifier: Apache-2.0
//
// esxiarm rehearse: e2e with the rehearsal guest, to test the whole chain on this computer.
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/paths.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/jobs/end-to-end.h"

static int run(const void *values, int count, char **operands, struct error *err)
{
        AUTO_FREE char *cache = NULL;
        AUTO_FREE char *usual = NULL;
        if (!count) {
                if (!(cache = paths_cache(err)))
                        return (int)err->code;
                usual = file_path(cache, "rehearsal");
        }
        struct request request = *(const struct request *)values;
        request.rehearsal = true;
        // The default machine is replaced every time; a machine that the user names only with --force.
        request.force = request.force || !count;
        if (!request.json)
                fputs("This is a rehearsal: QEMU, firmware, variables, disk and console are real; the guest is not "
                      "ESXi.\n",
                      stderr);
        return end_to_end_run(&request, count ? operands[0] : usual, err);
}

static const struct cli_option options[] = {
        REQUEST_ALL_INSTALL_OPTIONS,
        {0},
};

const struct cli_command cmd_rehearse = {
        .name = "rehearse",
        .operands = "[MACHINE]",
        .summary = "runs the whole chain with the rehearsal guest, which is not ESXi",
        .details =
                "Installs the rehearsal guest on MACHINE (default ~/.cache/esxiarm/rehearsal) and boots it from its\n"
                "disk alone. Everything but the guest is real. Exit codes as for install and boot-installed.",
        .options = options,
        .values_size = sizeof(struct request),
        .least = 0,
        .most = 1,
        .run = run,
        .stored = request_stored,
};
