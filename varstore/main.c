// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars: reads, checks and clones the variable stores of UEFI firmware.
#include "varstore/commands.h"

static const struct cli_command *const COMMANDS[] = {&cmd_list, &cmd_check, &cmd_assert, &cmd_clone, NULL};

int main(int count, char **arguments)
{
        static const struct cli_program program = {
                .name = "aavmf-vars",
                .summary = "reads, checks and clones UEFI variable stores (AAVMF_VARS.fd and its kin)",
                .version = VERSION,
                .commands = COMMANDS,
        };
        return cli_main(&program, count, arguments);
}
