// SPDX-License-Identifier: Apache-2.0
//
// The inside of an installation (install.h), for the files that make it up: install-prepare.c makes what QEMU needs,
// install-phases.c takes the installer to its end and through the reboot, install.c seals and writes down.
#pragma once

#include "launcher/drive/drive.h"
#include "launcher/evidence/judge.h"
#include "launcher/jobs/install.h"
#include "launcher/payload/payload.h"
#include "launcher/vm/vm.h"

// A run under way.
struct installation {
        const struct install_input *in;
        struct install_outcome *outcome;
        struct evidence *evidence;
        struct display *display;
        const char *payload_path;         // its image
        struct payload_info payload_info; // of it
        struct vm *vm;
        json_t *result;
        struct judge judge; // of the phase that runs, and of the one that follows it
        struct drive *drive;
};

// Makes payload, vars and disk anew. From here on the machine is not installed until it is sealed again.
bool install_prepare(struct installation *run, struct error *err);

// Takes the running installer to its end and, if requested, through the reboot.
bool install_phases(struct installation *run, struct error *err);
