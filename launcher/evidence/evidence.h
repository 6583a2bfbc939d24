// SPDX-License-Identifier: Apache-2.0
//
// The evidence of one run, written during the run, so that it survives if the launcher is killed.
//
//     serial.log    the console's bytes, raw (written by QEMU itself)
//     console.txt   the same as lines of text, with times
//     console.cast  the same as asciicast v2 (plays in asciinema)
//     events.jsonl  QMP events, steps, keys sent; one JSON object a line
//     qemu.log      QEMU's standard error
//     result.json   the verdict and everything it is based on
//     junit.xml     the criteria as test cases
//
// A password is never written: keys that spell it are recorded as "<password>".
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "verify/log/criteria.h"
#include "verify/log/log.h"

struct evidence;
#define AUTO_EVIDENCE __attribute__((cleanup(evidence_free)))

// Creates the folder RUNS/TAG. If TAG is NULL, it is made from the time and KIND ("install", "boot"). If the folder
// exists, -2, -3 ... is appended.
struct evidence *evidence_begin(const char *runs, const char *tag, const char *kind, struct error *err);

// Closes the files, frees *EVIDENCE and sets it to NULL.
void evidence_free(struct evidence **evidence);

const char *evidence_folder(const struct evidence *evidence);

// FOLDER/NAME, freed with free().
char *evidence_path(const struct evidence *evidence, const char *name);

// Milliseconds since the run began.
uint64_t evidence_elapsed_ms(const struct evidence *evidence);

// From now on HANDLER also gets every console line; NULL removes it. There is only one handler.
void evidence_on_line(struct evidence *evidence, log_line_handler *handler, void *context);

// Takes the console's next bytes, the last of them printed at PRINTED_US (on the clock of time_now_us).
void evidence_console(struct evidence *evidence, const void *data, size_t size, uint64_t printed_us);

// The console has gone quiet: its last line counts as complete, and everything is flushed to the system.
void evidence_quiet(struct evidence *evidence);

// Flushes to the system, unless it did so in the last quarter of a second. Events are always flushed at once.
void evidence_flush(struct evidence *evidence);

// One event of KIND with FIELDS (stolen; NULL for none).
void evidence_event(struct evidence *evidence, const char *kind, json_t *fields);

// Adds the fact NAME with VALUE (stolen) to result.json. Step events are added automatically, to the list "steps".
void evidence_fact(struct evidence *evidence, const char *name, json_t *value);

// The facts so far, an object owned by the evidence.
const json_t *evidence_facts(const struct evidence *evidence);

// Writes result.json from RESULT (borrowed).
bool evidence_result(struct evidence *evidence, const json_t *result, struct error *err);

// Adds a suite to junit.xml: a test case for each finding.
bool evidence_junit(struct evidence *evidence, const char *suite, const struct criteria_verdict *verdict,
                    struct error *err);
