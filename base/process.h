// SPDX-License-Identifier: Apache-2.0
//
// Other programs: started with an argument vector, never through a shell, and never left running.
//
// A program runs in its own session, so that Ctrl-C at the terminal reaches it only through its parent and it cannot
// prompt on the terminal. It is killed when its parent dies: by the kernel on Linux, elsewhere by a process that waits
// for that. Its children are killed with it. It gets this program's environment without passwords.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"

// The path of NAME, searched in PATH unless NAME has a slash; freed with free(). NULL if it is missing or not
// executable: ERR (ERROR_ENVIRONMENT) names the program and, if known, its package.
char *process_find(const char *name, struct error *err);

// The packages that contain the program NAME, as text for a message; NULL if not known.
const char *process_packages(const char *name);

// The result of a program that has ended.
struct process_result {
        int exit_code; // 128 + signal number if a signal ended it
        struct buffer output;
        struct buffer errors; // the first 64 KiB
};
void process_result_free(struct process_result *result);
#define AUTO_PROCESS_RESULT __attribute__((cleanup(process_result_free)))

// Runs ARGUMENTS without standard input until it ends and collects its output, at most LIMIT bytes (more is an error).
// Fails if it cannot be started, takes longer than TIMEOUT_MS (it is killed), or the user interrupts. An exit code
// other than 0 is not a failure here.
bool process_run(const struct arguments *arguments, uint64_t limit, int timeout_ms, struct process_result *result,
                 struct error *err);

// The same, with INPUT (less than 4 KiB) on its standard input, which stays open until the program ends.
bool process_run_with_input(const struct arguments *arguments, const char *input, uint64_t limit, int timeout_ms,
                            struct process_result *result, struct error *err);

// As process_run, but an exit code other than 0 is also a failure, reported with the program's standard error.
bool process_run_checked(const struct arguments *arguments, uint64_t limit, int timeout_ms,
                         struct process_result *result, struct error *err);

// A program that runs beside this one.
struct process {
        pid_t pid;       // 0 once it was waited for
        int descriptor;  // readable when it has ended; -1 if not open
        int leash;       // the process is killed when this end of a pipe closes; -1 on Linux
        int exit_code;   // once it was waited for; as in struct process_result
        double cpu_s;    // the same: user and system processor time in seconds, with the children it waited for
        uint64_t memory; // the same: maximum resident size in bytes
};

// Starts ARGUMENTS in FOLDER (NULL: this one) without standard input, its output and errors appended to OUTPUT_PATH.
bool process_start(const struct arguments *arguments, const char *folder, const char *output_path,
                   struct process *process, struct error *err);

// Waits at most TIMEOUT_MS (-1: forever) for its end. False if it is still running.
bool process_wait(struct process *process, int timeout_ms);

// Ends it and its children: SIGTERM, after GRACE_MS SIGKILL. Returns when they are gone. Does nothing if it has ended.
void process_end(struct process *process, int grace_ms);
