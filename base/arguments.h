// SPDX-License-Identifier: Apache-2.0
//
// An argument vector that grows.
#pragma once

#include <stddef.h>

// Start from {0}; free with arguments_free. VALUES is NULL-terminated once anything was added.
struct arguments {
        char **values;
        size_t count;
};
#define AUTO_ARGUMENTS __attribute__((cleanup(arguments_free)))
void arguments_free(struct arguments *arguments);
void arguments_add(struct arguments *arguments, const char *value);
void arguments_add_all(struct arguments *arguments, const char *const *values); // ended by NULL
#define ARGUMENTS_ADD_ALL(ARGUMENTS, ...) arguments_add_all(ARGUMENTS, (const char *const[]){__VA_ARGS__, NULL})
void arguments_add_format(struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The vector quoted as one line for a POSIX shell; freed with free().
char *arguments_quoted(const struct arguments *arguments);
