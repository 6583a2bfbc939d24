// SPDX-License-Identifier: Apache-2.0
// ASCII text: comparing, and formatting into the caller's buffer. Pure.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
char text_lower(char character);

// Whether TEXT, SIZE bytes without terminator, is WORD, in upper or lower case.
bool text_is_word(const char *text, size_t size, const char *word);

// printf's %c %s %d %u %x %X %%, with '-', '0', a width, a precision for %s (also `*`), `l` and `ll`. Writes at most
// SIZE bytes (at least 1) including NUL, and returns the length without it.
size_t text_format(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t text_vformat(char *out, size_t size, const char *format, va_list arguments)
        __attribute__((format(printf, 3, 0)));

// A disk's size as ESXi's installer shows it, truncated: "504.00 MiB", "40.00 GiB".
size_t text_format_capacity(char *out, size_t size, uint64_t bytes);
