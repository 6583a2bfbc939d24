// SPDX-License-Identifier: Apache-2.0
//
// Reads a console log from a file of any known kind, line by line (log.h), in constant memory.
//
//     serial.log     the console's bytes, raw; no times
//     console.txt    lines that begin with their time, `[  12.345] `, as the evidence of a run has them
//     console.cast   a recording: asciicast v2, or v3, whose events have the time since the previous one
//
// The kind is detected from the first bytes, not the name. Each may be compressed with gzip, zstd, xz, bzip2 or lz4
// (libarchive). Source: docs.asciinema.org/manual/asciicast/v2 and v3.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/progress.h"

enum logfile_kind {
        LOGFILE_RAW,
        LOGFILE_LINES,
        LOGFILE_RECORDING,
};

struct logfile_line {
        uint64_t number;  // from 1, in the file; in a recording, as `grep -n` would count its output
        const char *text; // as in log.h, without the time; valid only during the call
        size_t length;
        bool has_time;
        uint64_t time_ms; // since the run began; in a recording, when the line was complete
};

// What was read.
struct logfile {
        enum logfile_kind kind;
        const char *compression; // "gzip", "zstd" ...; NULL for a plain file
        uint64_t bytes;          // of the log, unpacked
        uint64_t lines;          // that were reported
        bool is_cut;             // a recording ends within an event: its writer was killed
};

typedef void logfile_handler(const struct logfile_line *line, void *context);

// Reads the log at PATH ("-" for standard input) and calls HANDLER with CONTEXT for each line. PROGRESS (may be NULL)
// counts the bytes read from the file. On failure, HANDLER has had the lines read so far, and FILE describes them.
// ERROR_USAGE if the file does not exist; ERROR_DAMAGED for a directory, a truncated or corrupt compressed file, or a
// recording with unreadable events; ERROR_ENVIRONMENT if it is not readable.
bool logfile_read(const char *path, struct progress *progress, logfile_handler *handler, void *context,
                  struct logfile *file, struct error *err);

// The same for a recording only (ERROR_DAMAGED for another kind of log), whose output is handed over unchanged: SIZE bytes
// that were printed TIME_S seconds after the run began.
typedef void logfile_output(const char *bytes, size_t size, double time_s, void *context);
bool logfile_play(const char *path, logfile_output *output, void *context, struct logfile *file, struct error *err);

const char *logfile_kind_text(enum logfile_kind kind); // "raw log", "log with times", "recording"
