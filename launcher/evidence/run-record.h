// SPDX-License-Identifier: Apache-2.0
//
// What the folder of one run tells in full, whether the run came to its end or its launcher was killed (docs/evidence.md).
// launcher/evidence/runs.h lists and finds runs.
//
// The files are taken as they are: what cannot be understood is passed over, and what is too much of a thing is counted and
// left out, so that a record has a bounded size whatever a guest did.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// A moment of the run that is worth a line.
enum run_moment_kind {
        RUN_PREPARED, // before QEMU
        RUN_FIRMWARE, // QEMU, a reset, what the firmware starts
        RUN_STEP,     // a step of the profile
        RUN_GUEST,    // a criterion that the console met
        RUN_TROUBLE,  // what should not have happened
};

struct run_moment {
        double time; // seconds since the run began
        enum run_moment_kind kind;
        char *title;  // as the guest and the profile wrote it
        char *screen; // how the screen looked (console_text_ansi), or its text; NULL where there is none
};

struct run_record {
        char *folder, *name;        // the path of the folder, and its last part
        json_t *result;             // of result.json, an object; NULL where the run did not write it
        struct run_moment *moments; // in the order of their time
        size_t count;
        size_t left_out;      // moments beyond those
        json_t *start;        // of the event run-start, an object; NULL where there is none
        char *qemu_command;   // as a shell reads it; NULL where QEMU was not started
        char *failure_screen; // as it looked when the run failed; NULL where it did not, or nothing is known
        double end;           // seconds: how long the run took, or as far as its files tell
};
#define AUTO_RUN_RECORD __attribute__((cleanup(run_record_free)))

// Reads the run in FOLDER. Fails where that is no folder of a run: it has neither events.jsonl nor result.json.
bool run_record_read(const char *folder, struct run_record *record, struct error *err);
void run_record_free(struct run_record *record);

// Whether FOLDER looks like one.
bool run_record_is(const char *folder);
