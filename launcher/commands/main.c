// SPDX-License-Identifier: Apache-2.0
//
// esxiarm: see docs/esxiarm.1.
#include "launcher/commands/commands.h"

int main(int count, char **arguments)
{
        static const struct cli_command *const commands[] = {
                &cmd_fetch,   &cmd_payload,  &cmd_install, &cmd_boot_installed, &cmd_e2e,    &cmd_rehearse,
                &cmd_status,  &cmd_console,  &cmd_stop,    &cmd_list,           &cmd_match,  &cmd_rebuild_vars,
                &cmd_predict, &cmd_diagnose, &cmd_check,   &cmd_runs,           &cmd_bundle, &cmd_report,
                NULL,
        };
        static const struct cli_program program = {
                .name = "esxiarm",
                .summary = "VMware ESXi on Arm under QEMU: firmware, installation, boot, proof",
                .version = VERSION,
                .commands = commands,
        };
        return cli_main(&program, count, arguments);
}
