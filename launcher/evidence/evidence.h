// SPDX-License-Identifier: Apache-2.0
//
// The evidence of one run, written as the run goes, so that a killed launcher leaves what there was.
//
//     serial.log    the console's bytes, raw (written by QEMU itself)
//     console.txt   the same as lines of text, with times
//     console.cast  the same as asciicast v2 (plays in asciinema)
//     events.jsonl  QMP events, steps, keys sent; one JSON object a line
//     qemu.log      what QEMU said on its standard error
//     result.json   the verdict with everything it stands on
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

// Makes the folder RUNS/TAG; where TAG is NULL it is made of the time and KIND ("install", "boot"). Where it is there
// already, -2, -3 ... is appended.
struct evidence *evidence_begin(const char *runs, const char *tag, const char *kind, struct error *err);

// Closes the files and frees *EVIDENCE, which becomes NULL.
void evidence_free(struct evidence **evidence);

const char *evidence_folder(const struct evidence *evidence);

// FOLDER/NAME, freed with free().
char *evidence_path(const struct evidence *evidence, const char *name);

// Milliseconds since the run began.
uint64_t evidence_elapsed_ms(const struct evidence *evidence);

// Every line of the console is handed to HANDLER, too; at most one at a time. NULL ends that.
void evidence_on_line(struct evidence *evidence, log_line_handler *handler, void *context);

// The next bytes of the console, and when the last of them was printed (on the clock of time_now_us).
void evidence_console(struct evidence *evidence, const void *data, size_t size, uint64_t printed_us);

// The console has gone quiet: what stands in its last line is a whole line. Everything is handed to the system.
void evidence_quiet(struct evidence *evidence);

// Hands what was written so far to the system, if that was not done within the last quarter of a second. (Events always are
// at once.)
void evidence_flush(struct evidence *evidence);

// One event of KIND with FIELDS (stolen; NULL for none).
void evidence_event(struct evidence *evidence, const char *kind, json_t *fields);

// VALUE (stolen) is what result.json will say of NAME: a fact that whoever writes the result has no part in. A step event
// is one of the facts already, in the list "steps".
void evidence_fact(struct evidence *evidence, const char *name, json_t *value);

// The facts so far, an object of the evidence's own.
const json_t *evidence_facts(const struct evidence *evidence);

// Writes result.json from RESULT (borrowed).
bool evidence_result(struct evidence *evidence, const json_t *result, struct error *err);

// Writes junit.xml with one more suite: a test case for each finding.
bool evidence_junit(struct evidence *evidence, const char *suite, const struct criteria_verdict *verdict,
                    struct error *err);
