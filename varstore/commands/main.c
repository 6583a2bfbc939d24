// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars: reads, checks, changes and compares the variable stores of UEFI firmware.
#include "varstore/commands/commands.h"

static const struct cli_command *const COMMANDS[] = {&cmd_list,   &cmd_show,   &cmd_check,  &cmd_assert,
                                                     &cmd_clone,  &cmd_edit,   &cmd_format, &cmd_diff,
                                                     &cmd_export, &cmd_import, &cmd_mount,  NULL};

int main(int count, char **arguments)
{
        static const struct cli_program program = {
                .name = "aavmf-vars",
                .summary = "reads, checks and changes UEFI variable stores (AAVMF_VARS.fd and others)",
                .version = VERSION,
                .commands = COMMANDS,
        };
        return cli_main(&program, count, arguments);
}
