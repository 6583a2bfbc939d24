// SPDX-License-Identifier: Apache-2.0
//
// What a bug report needs of a run, in one file: a tar compressed with zstd.
//
//     README.txt          what this is, and what was hidden or cut
//     run/                the run's folder: logs, events, result, screens
//     machine.json        settings and identities
//     vars.fd, vars.sealed.fd   the variable stores, as holes where they are padding
//     boot-chain.txt      what they say that is booted
//     disk.txt            the disk's partitions; nothing of what is on them
//     versions.json       this program, QEMU, the host's system
//
// Texts go through redact.h: password hashes and passwords are hidden, and the user's home folder is written ~. Of a file of
// more than BUNDLE_FILE_LIMIT bytes the beginning and the end are taken, at line ends. The disk itself is never taken.
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
        bool force; // OUTPUT may exist
        const struct redact_word *words;
        size_t word_count;
};

// Makes the file OUTPUT, atomically, and describes it in *REPORT, the caller's: file, size, run, hidden, packed (name, size,
// hidden, cut).
bool bundle_make(const struct bundle_input *input, json_t **report, struct error *err);
