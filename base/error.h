// SPDX-License-Identifier: Apache-2.0
//
// What went wrong, in words for the user and a code for the shell.
//
// A function that can fail returns bool or a pointer and takes `struct error *err` last. On failure it fills ERR and
// returns false or NULL; on success it leaves ERR alone. A message reports what failed, where (file, offset, line) and
// what to do, without a final newline. Callers prepend context with error_wrap; they do not replace the message.
#pragma once

#include <stdbool.h>

// The exit codes that the programs promise.
enum error_code {
        ERROR_NO = 1,          // an assertion, a criterion or a comparison failed
        ERROR_USAGE = 2,       // the command line is wrong, or a named input is missing
        ERROR_DAMAGED = 3,     // an input is damaged or of the wrong kind
        ERROR_ENVIRONMENT = 4, // no QEMU, no space, no network, no permission
        ERROR_TIMED_OUT = 5,
        ERROR_PANIC = 6, // the guest panicked
        ERROR_INTERRUPTED = 130,
};

struct error {
        enum error_code code; // 0 while nothing failed
        char *message;        // owned; NULL while nothing failed
};

// `AUTO_ERROR struct error err = {0};` frees its message when it leaves its scope.
#define AUTO_ERROR __attribute__((cleanup(error_clear)))

// Fills ERR (which must be empty; NULL if the caller does not need it) and returns false, so that a failing function
// reads `return error_set(err, ERROR_DAMAGED, "%s: ...", path)`.
bool error_set(struct error *err, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

// The same for a failed system call: ": " and the text of errno are appended. ENOENT becomes ERROR_USAGE (a named input
// is missing), everything else ERROR_ENVIRONMENT.
bool error_system(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Prepends "CONTEXT: " to ERR's message, keeping its code. Returns false.
bool error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Adds to the end of ERR's message, for advice that only the caller can give. Returns false.
bool error_append(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Frees the message and makes ERR empty again.
void error_clear(struct error *err);
