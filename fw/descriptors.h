// SPDX-License-Identifier: Apache-2.0
//
// The firmware that the system has: QEMU's registry of JSON descriptors.
// Source: QEMU, docs/interop/firmware.json, "How to look for firmware descriptors".
//
// Descriptors lie in three folders: $XDG_CONFIG_HOME/qemu/firmware (the user's), /etc/qemu/firmware (the
// administrator's) and /usr/share/qemu/firmware (the distribution's). A file masks the files of the same name in later
// folders, and an empty one only masks. All that remain are tried in the order of their file names.
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct descriptor {
        char *path;               // the JSON file
        char *description;        // its own words
        char *code_path;          // the executable: AAVMF_CODE.fd
        char *vars_template_path; // the NVRAM template: AAVMF_VARS.fd
        bool secure_boot;         // the firmware can verify what it boots (it need not: no keys are enrolled)
};
#define AUTO_DESCRIPTOR __attribute__((cleanup(descriptor_free)))
void descriptor_free(struct descriptor *descriptor);

// The first firmware for aarch64's `virt` machine that goes into two raw flash banks and needs no keys; one without
// Secure Boot is preferred to one with. A descriptor that cannot be read, or whose files are not there, is passed over;
// where none is left, ERR (ERROR_ENVIRONMENT) tells those for aarch64, each with the reason.
bool descriptors_find(struct descriptor *descriptor, struct error *err);

// The same in FOLDERS, which is ended by NULL, the highest priority first.
bool descriptors_find_in(const char *const *folders, struct descriptor *descriptor, struct error *err);
