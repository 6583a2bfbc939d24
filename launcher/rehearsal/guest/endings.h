// SPDX-License-Identifier: Apache-2.0
// How a guest ends without a system: the kinds of purple screen, and of a loader that gives up, by name. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum panic_kind {
        PANIC_VERIFY, // the default
        PANIC_ITS,    // ESXi 8's panic when it reboots with a GICv3
        PANIC_EXCVEC,
        PANIC_PF,
        PANIC_BLUESCREEN_SPIN,
        PANIC_BLUESCREEN_PF,
        PANIC_BLUESCREEN_ASSERT,
        PANIC_ASSERT,
        PANIC_NOT_IMPLEMENTED,
        PANIC_HW_FEATURE,
        PANIC_CPU_MISMATCH,
        PANIC_PROBLEM,
        PANIC_UNKNOWN, // a reason that nobody has seen before
        PANIC_WARNING, // no panic: only a backtrace
        PANIC_KINDS,
};

enum loader_end {
        LOADER_STARTS, // it does not end
        LOADER_FATAL,
        LOADER_NO_HYPERVISOR,
        LOADER_UNRECOVERABLE,
        LOADER_UNSUPPORTED_CPU,
        LOADER_EXCEPTION,
        LOADER_SILENT,
        LOADER_ENDS,
};

// What a purple screen shows that differs between the kinds.
struct panic_text {
        const char *name; // "pf", as in the options file
        bool is_x86;      // the registers and the version's architecture
        const char *reason;
        const char *function; // on top of the backtrace
        const char *debugger; // the last line
};

const struct panic_text *panic_text(enum panic_kind kind);

// What the loader prints, in lines; NULL if nothing.
const char *loader_text(enum loader_end end);

// Find a kind by its name, SIZE bytes. False if not found.
bool panic_named(const char *name, size_t size, enum panic_kind *kind);
bool loader_end_named(const char *name, size_t size, enum loader_end *end);
