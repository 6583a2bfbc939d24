// SPDX-License-Identifier: Apache-2.0
//
// esxiarm: see docs/esxiarm.1.
#include "launcher/commands/commands.h"

int main(int count, char **arguments)
{
        static const struct cli_row commands[] = {
                {"get ready", &cmd_fetch},
                {NULL, &cmd_payload},
                {"install", &cmd_install},
                {NULL, &cmd_profile},
                {NULL, &cmd_e2e},
                {NULL, &cmd_rehearse},
                {"run", &cmd_boot_installed},
                {NULL, &cmd_status},
                {NULL, &cmd_console},
                {NULL, &cmd_stop},
                {NULL, &cmd_task},
                {NULL, &cmd_list},
                {"find out why", &cmd_match},
                {NULL, &cmd_predict},
                {NULL, &cmd_diagnose},
                {NULL, &cmd_rebuild_vars},
                {NULL, &cmd_check},
                {"evidence", &cmd_runs},
                {NULL, &cmd_report},
                {NULL, &cmd_bundle},
                {0},
        };
        static const struct cli_program program = {
                .name = "esxiarm",
                .summary = "VMware ESXi on Arm under QEMU: firmware, installation, boot, proof",
                .version = VERSION,
                .commands = commands,
        };
        return cli_main(&program, count, arguments);
}
