// SPDX-License-Identifier: Apache-2.0
//
// The runs of a machine, as their folders tell of them (evidence.h), whether they came to their end or not.
//
// A run is a folder with an events.jsonl. What is known of one that was killed comes from its first event (`run-start`), and of
// one that an older program left from its recording's header.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "launcher/machine/machine.h"

enum run_state {
        RUN_ENDED,      // it has written its result; where it is still up after that, it is RUN_UNDER_WAY
        RUN_UNDER_WAY,  // a program has the machine, and this is its run
        RUN_UNFINISHED, // its launcher died
};

struct run {
        char *folder, *tag;  // the tag is the folder's name
        char *kind;          // "install", "boot"
        uint64_t began;      // seconds since 1970; 0 where that is not known
        uint64_t changed_ns; // when its events were last written to
        double duration;     // in seconds; of one that did not end, until it was last heard of
        enum run_state state;
        bool with_payload, rehearsal;
        char *console_log;                      // serial.log
        json_t *result;                         // of result.json; NULL where the run did not write it
        const char *outcome, *message, *booted; // in it; NULL where it says nothing
};

struct runs {
        struct run *items; // in the order in which they began
        size_t count;
};
#define AUTO_RUNS __attribute__((cleanup(runs_free)))
#define AUTO_RUN  __attribute__((cleanup(run_free)))

// Reads the folder RUNS, which need not exist. What cannot be read is not there. UNDER_WAY is the folder of the run that a
// program has in hand now, NULL for none; with ANY_UNDER_WAY, where UNDER_WAY is NULL, the newest one without a result is it.
void runs_read(const char *folder, const char *under_way, bool any_under_way, struct runs *runs);
void runs_free(struct runs *runs);

// The newest run in the folder RUNS, WITH_CONSOLE only of those that came as far as a serial.log. RUN is empty (its folder is
// NULL) where there is none.
void runs_newest(const char *runs, bool with_console, struct run *run);

// The run TAG in the folder RUNS, or of that path. False, with ERROR_USAGE, where it is none.
bool runs_find(const char *runs, const char *tag, struct run *run, struct error *err);
void run_free(struct run *run);

// "pass", "fail" ...; "under way" or "unfinished" where there is no result.
const char *run_outcome(const struct run *run);
