// SPDX-License-Identifier: Apache-2.0
//
// The folder of installed firmware during an installation: ROOT is locked, and the firmware is built in a work folder
// in it (".fetch-XXXXXX"). A killed program leaves that folder. It is never mistaken for firmware, and the next program
// removes it.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

// The name of an unfinished download in ROOT; its digest follows. It is kept for the next fetch of the same .deb, and
// removed when anything is installed.
#define WORKSPACE_PART ".part-"

struct workspace {
        char *root;
        char *folder; // the work folder
        char *files;  // in it: what becomes ROOT/NAME
        int lock;
};
#define AUTO_WORKSPACE __attribute__((cleanup(workspace_close)))

// ${XDG_CACHE_HOME:-~/.cache}/esxiarm/firmware if GIVEN is NULL, else GIVEN as an absolute path; freed with free().
char *workspace_root(const char *given, struct error *err);

// Creates and locks ROOT, waiting for other programs, and creates the work folder. Close WORKSPACE on failure too.
bool workspace_open(const char *root, struct workspace *workspace, struct error *err);
void workspace_close(struct workspace *workspace);

// Removes what killed programs left in ROOT, unless another program is using it.
void workspace_tidy(const char *root);

// Installs WORKSPACE's files as the firmware FIRMWARE->name, with a firmware.json made from FIRMWARE, and reads that
// back into FIRMWARE. A previous firmware of that name is removed; the outcome has the reason.
bool workspace_install(struct workspace *workspace, struct firmware *firmware, struct error *err);
