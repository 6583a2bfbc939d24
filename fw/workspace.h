// SPDX-License-Identifier: Apache-2.0
//
// The folder of installed firmware while something is being installed into it: ROOT is locked, and a work folder in it
// (".fetch-XXXXXX") takes what is being put together. A killed program leaves that folder, which nothing takes for a
// firmware, and the next one removes it.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

// What an unfinished download is called in ROOT; its digest follows. It stays for the next fetch of the same .deb, and goes
// when anything is installed.
#define WORKSPACE_PART ".part-"

struct workspace {
        char *root;
        char *folder; // the work folder
        char *files;  // in it: what becomes ROOT/NAME
        int lock;
};
#define AUTO_WORKSPACE __attribute__((cleanup(workspace_close)))

// ${XDG_CACHE_HOME:-~/.cache}/esxiarm/firmware where GIVEN is NULL, else GIVEN as an absolute path; freed with free().
char *workspace_root(const char *given, struct error *err);

// Makes ROOT, locks it (waiting for whoever holds the lock) and makes the work folder. Close it in any case.
bool workspace_open(const char *root, struct workspace *workspace, struct error *err);
void workspace_close(struct workspace *workspace);

// Removes what killed programs left in ROOT, where no other program is at work there.
void workspace_tidy(const char *root);

// Makes WORKSPACE's files the installed firmware FIRMWARE->name, with a firmware.json of what FIRMWARE says, and reads
// it back into FIRMWARE. What was installed under that name before is removed, and the outcome says why.
bool workspace_install(struct workspace *workspace, struct firmware *firmware, struct error *err);
