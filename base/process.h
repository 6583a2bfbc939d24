// SPDX-License-Identifier: Apache-2.0
//
// Other programs: started with an argument vector, never through a shell, and never left behind.
//
// A program runs in a session of its own, so that Ctrl-C at the terminal reaches it only through its parent and it cannot
// ask the terminal anything, and is killed when its parent dies: by the kernel on Linux, elsewhere by a process that waits
// for that. What it starts itself is killed with it. It gets this program's environment, but no password in it.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"

// Where NAME is found in PATH (or NAME itself where it has a slash), freed with free(). NULL where it is not there or
// not executable: ERR (ERROR_ENVIRONMENT) names the program and, where known, the package that has it.
char *process_find(const char *name, struct error *err);

// The packages that have the program NAME, as a message names them; NULL where that is not known.
const char *process_packages(const char *name);

// What a program that ran to its end left.
struct process_result {
        int exit_code; // 128 + signal number where a signal ended it
        struct buffer output;
        struct buffer errors; // the first 64 KiB
};
void process_result_free(struct process_result *result);
#define AUTO_PROCESS_RESULT __attribute__((cleanup(process_result_free)))

// Runs ARGUMENTS with no standard input to its end and collects its output, at most LIMIT bytes (more is an error). Fails
// where it cannot be started, takes longer than TIMEOUT_MS (it is killed), or the user interrupts. An exit code other
// than 0 is no failure here.
bool process_run(const struct arguments *arguments, uint64_t limit, int timeout_ms, struct process_result *result,
                 struct error *err);

// The same, with INPUT (less than 4 KiB) on its standard input, which does not end before the program does.
bool process_run_with_input(const struct arguments *arguments, const char *input, uint64_t limit, int timeout_ms,
                            struct process_result *result, struct error *err);

// As process_run, but an exit code other than 0 is a failure too, with what the program said on its standard error.
bool process_run_checked(const struct arguments *arguments, uint64_t limit, int timeout_ms,
                         struct process_result *result, struct error *err);

// A program that runs beside this one.
struct process {
        pid_t pid;      // 0 once it was waited for
        int descriptor; // readable when it has ended; -1 where there is none
        int leash;      // while this end of a pipe is open it may live; -1 on Linux
        int exit_code;  // once it was waited for; as in struct process_result
        double cpu_s; // the same: processor time in seconds, its own and the system's for it, with all that it waited for
        uint64_t memory; // the same: the most that it had resident, in bytes
};

// Starts ARGUMENTS in FOLDER (NULL: this one) with no standard input and with output and errors appended to the file
// OUTPUT_PATH.
bool process_start(const struct arguments *arguments, const char *folder, const char *output_path,
                   struct process *process, struct error *err);

// Waits at most TIMEOUT_MS (-1: for ever) for its end. False where it still runs.
bool process_wait(struct process *process, int timeout_ms);

// Ends it and what it has started: SIGTERM, after GRACE_MS SIGKILL. Returns when it is gone. Nothing where it has ended already.
void process_end(struct process *process, int grace_ms);
