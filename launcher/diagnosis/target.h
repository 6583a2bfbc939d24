// SPDX-License-Identifier: Apache-2.0
//
// What match, predict, diagnose and rebuild-vars examine: a machine's folder, or a disk and a vars file.
// Nothing is locked or written, so a running machine can be examined, too.
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/error.h"
#include "launcher/machine/machine.h"
#include "launcher/machine/profile.h"
#include "verify/facts.h"

// The values that the options fill.
struct subject_request {
        const char *disk, *vars, *code, *disk_bus;
};

struct subject {
        struct machine machine;   // its folder is NULL for loose files
        struct facts_input files; // its vars, disk, firmware; a format of NULL is detected from the image
        const char *sealed_path;  // vars as the installation left them; NULL for loose files
        const char *disk_bus;     // "usb" or "nvme"
};
#define AUTO_SUBJECT __attribute__((cleanup(subject_close)))

// Opens the machine in OPERANDS[0], or takes the files of REQUEST, whose texts it borrows. Fails with ERROR_USAGE if
// neither or both are given, or NEEDS_VARS and there is no --vars beside --disk.
bool subject_open(const struct subject_request *request, int count, char **operands, bool needs_vars,
                  struct subject *subject, struct error *err);
void subject_close(struct subject *subject);

// The SHA-256 of the firmware to be used, freed with free(); NULL if not known, or with ERR filled on failure.
char *subject_code_sha256(const struct subject *subject, struct error *err);

// MACHINE's files as input for verify/facts.h; everything is borrowed from MACHINE.
// The label of PROFILE's boot entry in CHAIN; its first one if CHAIN has no such entry.
const char *target_label(const struct profile *profile, const struct bootchain *chain);

struct facts_input machine_files(const struct machine *machine);
