// SPDX-License-Identifier: Apache-2.0
//
// The purple screen: how a VMkernel reports that it has panicked, on Arm and x86.
//
//         VMware ESXi 8.0.3 [Releasebuild-24280767 aarch64]
//         EXCVEC_CUREL_SP_EL0_SYNCH Exception 0 in world 131073:main
//         [pc] 0x... [sp] 0x...                                    registers
//         Code start: 0x420000000000 VMK uptime: 0:00:05:35.012
//         0x453880f1bb20:[0x42000009963c]Panic@vmkernel#nover+...  a backtrace
//         No port for remote debugger
//
// It is recognised by its structure (the `Code start` line is in every full one), so that a reason nobody has seen
// before counts, too, and by the words of known reasons, for one that is cut off. A version line alone is what the
// loader prints, and a backtrace alone is what a warning prints.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads line by line. Start from {0}.
struct panic_reader {
        uint64_t version_line; // number of the last version line; 0 if none
        uint64_t reason_line;  // number of the line below it; 0 if none
        char reason[400];      // that line, cut to this size
        bool is_here;          // the line that showed the panic is the reason itself
};

// Plain words, as alternatives of a pattern: a line without any of them is neither a version line nor part of a panic.
extern const char PANIC_WORDS[];

// Whether the next line is needed whatever it says, as the reason below a version line.
bool panic_reader_needs_next(const struct panic_reader *reader);

// Takes line NUMBER (from 1; lines that cannot matter may be left out) of SIZE bytes. True if it shows that the
// guest has panicked.
bool panic_reader_line(struct panic_reader *reader, uint64_t number, const char *text, size_t size);

// After panic_reader_line was true for line NUMBER: the line that has the reason, which may be an earlier one. *REASON
// is NULL if that is line NUMBER itself; otherwise it belongs to READER.
uint64_t panic_reader_reason(const struct panic_reader *reader, uint64_t number, const char **reason);
