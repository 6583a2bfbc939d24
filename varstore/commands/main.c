// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars: reads, checks, changes and compares the variable stores of UEFI firmware.
#include "varstore/commands/commands.h"

static const struct cli_row COMMANDS[] = {
        {"read", &cmd_list},       {NULL, &cmd_show},      {NULL, &cmd_check}, {NULL, &cmd_assert},
        {NULL, &cmd_diff},         {"change", &cmd_clone}, {NULL, &cmd_edit},  {NULL, &cmd_format},
        {"exchange", &cmd_export}, {NULL, &cmd_import},    {NULL, &cmd_mount}, {0},
};

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
