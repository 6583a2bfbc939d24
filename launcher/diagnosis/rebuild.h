// SPDX-License-Identifier: Apache-2.0
//
// A vars file that boots a disk, made from the disk itself (verify/rebuild.h) and written to a file.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/diagnosis/target.h"
#include "varstore/varstore.h"

// Everything is borrowed.
struct rebuild_input {
        const struct subject *subject;
        const char *template;       // the store to start from; NULL: that of the machine's firmware, else an empty one
        const char *label, *loader; // NULL: those found on the disk
        int timeout;                // in seconds; -1 leaves the template's
        const char *output;
        bool force; // replace OUTPUT if it exists
};

// Makes OUTPUT. STORE, unless NULL, is then what was written, to be freed with varstore_free. Fails with ERROR_NO if
// the disk has nothing to boot, ERROR_USAGE if OUTPUT exists, ERROR_ENVIRONMENT if a running QEMU has it open.
bool rebuild_vars(const struct rebuild_input *input, struct varstore **store, struct error *err);
