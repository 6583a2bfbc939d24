// SPDX-License-Identifier: Apache-2.0
//
// The runs of a machine, read from their folders (evidence.h), whether they ended or not.
//
// A run is a folder with an events.jsonl. For a run whose launcher was killed the first event (`run-start`) is used,
// for a run of an older program the header of its recording.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "launcher/machine/machine.h"

enum run_state {
        RUN_ENDED,      // it has a result; if the machine is still up, it is RUN_UNDER_WAY
        RUN_UNDER_WAY,  // the run of the program that holds the machine
        RUN_UNFINISHED, // its launcher died
};

struct run {
        char *folder, *tag;  // the tag is the folder's name
        char *kind;          // "install", "boot"
        uint64_t began;      // seconds since 1970; 0 if unknown
        uint64_t changed_ns; // when its events were last written to
        double duration;     // in seconds; of a run that did not end, until its last event
        enum run_state state;
        bool with_payload, rehearsal;
        char *console_log;                      // serial.log
        json_t *result;                         // of result.json; NULL if the run did not write it
        const char *outcome, *message, *booted; // from it; NULL if missing
};

struct runs {
        struct run *items; // in the order in which they began
        size_t count;
};
#define AUTO_RUNS __attribute__((cleanup(runs_free)))
#define AUTO_RUN  __attribute__((cleanup(run_free)))

// Reads the folder RUNS, which need not exist. Unreadable runs are skipped. UNDER_WAY is the folder of the current run,
// NULL for none; with ANY_UNDER_WAY and without UNDER_WAY, the newest run without a result is the current one.
void runs_read(const char *folder, const char *under_way, bool any_under_way, struct runs *runs);
void runs_free(struct runs *runs);

// The newest run in the folder RUNS, with WITH_CONSOLE only among those that have a serial.log. RUN is empty (its
// folder is NULL) if there is no such run.
void runs_newest(const char *runs, bool with_console, struct run *run);

// The run TAG in the folder RUNS, or at the path TAG. False, with ERROR_USAGE, if it is not a run.
bool runs_find(const char *runs, const char *tag, struct run *run, struct error *err);
void run_free(struct run *run);

// "pass", "fail" ...; "under way" or "unfinished" if there is no result.
const char *run_outcome(const struct run *run);
