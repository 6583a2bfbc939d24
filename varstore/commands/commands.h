// SPDX-License-Identifier: Apache-2.0
//
// The commands of aavmf-vars, each in NAME.c.
#pragma once

#include "base/cli.h"

extern const struct cli_command cmd_list, cmd_check, cmd_assert, cmd_clone, cmd_edit, cmd_format, cmd_diff, cmd_show,
        cmd_export, cmd_import, cmd_mount;
