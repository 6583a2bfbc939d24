// SPDX-License-Identifier: Apache-2.0
// Text in ASCII: comparing, and formatting into a buffer of the caller's. Pure: no firmware, no allocation.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
char text_lower(char character);

// Is TEXT, SIZE bytes without a terminator, the word WORD, without regard to case?
bool text_is_word(const char *text, size_t size, const char *word);

// printf's %c %s %d %u %x %X %%, with '-', '0', a width, a precision for %s (`*` too), `l` and `ll`. Writes at most
// SIZE bytes, always ends them with NUL (SIZE is at least 1), and returns the length of what was written.
size_t text_format(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t text_vformat(char *out, size_t size, const char *format, va_list arguments)
        __attribute__((format(printf, 3, 0)));

// A disk's size as ESXi's installer writes it: "504.00 MiB", "40.00 GiB". Cut, not rounded.
size_t text_format_capacity(char *out, size_t size, uint64_t bytes);
