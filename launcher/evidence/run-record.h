// SPDX-License-Identifier: Apache-2.0
//
// Everything that the folder of one run contains, whether the run ended or its launcher was killed (docs/evidence.md).
// launcher/evidence/runs.h lists and finds runs.
//
// The files are not trusted: unreadable parts are skipped, and moments above a limit are only counted, so that the size
// of a record is bounded.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// A moment of the run, one line in a report.
enum run_moment_kind {
        RUN_PREPARED, // before QEMU starts
        RUN_FIRMWARE, // QEMU, a reset, what the firmware starts
        RUN_STEP,     // a step of the profile
        RUN_GUEST,    // a criterion that the console met
        RUN_TROUBLE,  // a failure
};

struct run_moment {
        double time; // seconds since the run began
        enum run_moment_kind kind;
        char *title;  // as the guest and the profile wrote it
        char *screen; // the screen (console_text_ansi), or its text; NULL if none
};

struct run_record {
        char *folder, *name;        // the path of the folder, and its last part
        json_t *result;             // of result.json, an object; NULL if the run did not write it
        struct run_moment *moments; // in the order of their time
        size_t count;
        size_t left_out;      // moments beyond those
        json_t *start;        // of the event run-start, an object; NULL if none
        char *qemu_command;   // as a shell reads it; NULL if QEMU was not started
        char *failure_screen; // the screen when the run failed; NULL if it did not fail or the screen is unknown
        double end;           // seconds: the duration of the run, or until the last event in its files
};
#define AUTO_RUN_RECORD __attribute__((cleanup(run_record_free)))

// Reads the run in FOLDER. Fails if FOLDER is not a run: it has neither events.jsonl nor result.json.
bool run_record_read(const char *folder, struct run_record *record, struct error *err);
void run_record_free(struct run_record *record);

// Whether FOLDER looks like a run.
bool run_record_is(const char *folder);
