// SPDX-License-Identifier: Apache-2.0
//
// A firmware that the user names: files, or a folder.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

// Two files that the user names (AAVMF_CODE and AAVMF_VARS_TEMPLATE). They are hashed and used where they lie; one that is
// smaller than a flash bank is used in a copy that fills it, kept in the cache.
bool firmware_from_files(const char *code_path, const char *vars_template_path, struct firmware *firmware,
                         struct error *err);

// The firmware in FOLDER: an installed one, by its firmware.json, or files that are called as QEMU, EDK2 and distributions
// call them (AAVMF_CODE.fd and AAVMF_VARS.fd, QEMU_EFI.fd and QEMU_VARS.fd, ...). Without a template of variables, blank
// ones are used, which the firmware formats.
bool firmware_from_folder(const char *folder, struct firmware *firmware, struct error *err);
