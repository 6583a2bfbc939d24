// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

// Two files given by the user (AAVMF_CODE and AAVMF_VARS_TEMPLATE). They are hashed and used in place; for a file
// smaller than a flash bank, a padded copy in the cache is used.
bool firmware_from_files(const char *code_path, const char *vars_template_path, struct firmware *firmware,
                         struct error *err);

// The firmware in FOLDER: an installed one, by its firmware.json, or files with the names that QEMU, EDK2 and
// distributions use (AAVMF_CODE.fd and AAVMF_VARS.fd, QEMU_EFI.fd and QEMU_VARS.fd, ...). Without a variable template,
// a blank one is used, which the firmware formats.
bool firmware_from_folder(const char *folder, struct firmware *firmware, struct error *err);
