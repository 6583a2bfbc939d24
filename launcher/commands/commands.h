// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of esxiarm, one per file.
#pragma once

#include "base/cli.h"

extern const struct cli_command cmd_fetch;
extern const struct cli_command cmd_payload;
extern const struct cli_command cmd_install;
extern const struct cli_command cmd_boot_installed;
extern const struct cli_command cmd_e2e;
extern const struct cli_command cmd_rehearse;
extern const struct cli_command cmd_status;
extern const struct cli_command cmd_console;
extern const struct cli_command cmd_stop;
extern const struct cli_command cmd_task;
extern const struct cli_command cmd_list;
extern const struct cli_command cmd_profile;
extern const struct cli_command cmd_match;
extern const struct cli_command cmd_rebuild_vars;
extern const struct cli_command cmd_predict;
extern const struct cli_command cmd_diagnose;
extern const struct cli_command cmd_check;
extern const struct cli_command cmd_runs;
extern const struct cli_command cmd_bundle;
extern const struct cli_command cmd_report;
