// SPDX-License-Identifier: Apache-2.0
//
// What the files of an installation (install.h) share: install-prepare.c makes what QEMU needs, install-phases.c takes
// the installer to its end and through the reboot, install.c seals and records.
#pragma once

#include "launcher/drive/drive.h"
#include "launcher/evidence/judge.h"
#include "launcher/jobs/install.h"
#include "launcher/payload/payload.h"
#include "launcher/vm/vm.h"

// A run in progress.
struct installation {
        const struct install_input *in;
        struct install_outcome *outcome;
        struct evidence *evidence;
        struct display *display;
        const char *payload_path;         // its image
        struct payload_info payload_info; // of it
        struct vm *vm;
        json_t *result;
        struct judge judge; // of the current phase and the next one
        struct drive *drive;
};

// Makes payload, vars and disk anew. From here on the machine is not installed until it is sealed again.
bool install_prepare(struct installation *run, struct error *err);

// Takes the running installer to its end and, if requested, through the reboot.
bool install_phases(struct installation *run, struct error *err);
