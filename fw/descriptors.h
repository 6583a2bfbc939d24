// SPDX-License-Identifier: Apache-2.0
//
// The firmware that the system has: QEMU's registry of JSON descriptors.
// Source: QEMU, docs/interop/firmware.json, "How to look for firmware descriptors".
//
// Descriptors are in three folders: $XDG_CONFIG_HOME/qemu/firmware (the user's), /etc/qemu/firmware (the
// administrator's) and /usr/share/qemu/firmware (the distribution's). A file hides files of the same name in later
// folders; an empty one does only that. The remaining ones are tried in the order of their file names.
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct descriptor {
        char *path;               // the JSON file
        char *description;        // from the file
        char *code_path;          // the executable: AAVMF_CODE.fd
        char *vars_template_path; // the NVRAM template: AAVMF_VARS.fd
        bool secure_boot;         // the firmware can verify what it boots (it does not: no keys are enrolled)
};
#define AUTO_DESCRIPTOR __attribute__((cleanup(descriptor_free)))
void descriptor_free(struct descriptor *descriptor);

// The first firmware for aarch64's `virt` machine that uses two raw flash banks and needs no keys, preferably without
// Secure Boot. A descriptor that cannot be read, or whose files are missing, is skipped; if none is left, ERR
// (ERROR_ENVIRONMENT) lists those for aarch64, each with the reason.
bool descriptors_find(struct descriptor *descriptor, struct error *err);

// The same in FOLDERS, ended by NULL, highest priority first.
bool descriptors_find_in(const char *const *folders, struct descriptor *descriptor, struct error *err);
