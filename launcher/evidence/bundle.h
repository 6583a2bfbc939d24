// SPDX-License-Identifier: Apache-2.0
//
// Packs what a bug report needs from a run into one file: a tar compressed with zstd.
//
//     README.txt          what this is, and what was hidden or cut
//     run/                the run's folder: logs, events, result, screens
//     machine.json        settings and identities
//     vars.fd, vars.sealed.fd   the variable stores, their padding as holes
//     boot-chain.txt      the boot entries in them
//     disk.txt            the disk's partitions, without their content
//     versions.json       this program, QEMU, the host's system
//
// redact.h hides passwords and their hashes in texts, and writes the user's home folder as ~. Only the beginning and
// end of a file larger than BUNDLE_FILE_LIMIT are packed, cut at line ends. The disk itself is never packed.
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "launcher/evidence/runs.h"
#include "launcher/machine/machine.h"

enum {
        BUNDLE_FILE_LIMIT = 64 << 20, // bytes
        BUNDLE_HEAD = 16 << 20,       // of them from the beginning
};

// Everything is borrowed.
struct bundle_input {
        const struct machine *machine;
        const struct run *run;
        const char *output;
        bool force; // replace OUTPUT if it exists
        const struct redact_word *words;
        size_t word_count;
};

// Creates the file OUTPUT atomically and describes it in *REPORT, owned by the caller: file, size, run, hidden, packed
// (name, size, hidden, cut).
bool bundle_make(const struct bundle_input *input, json_t **report, struct error *err);
