// SPDX-License-Identifier: Apache-2.0
//
// Text: building it, and formatting quantities for people. All text is UTF-8.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Replaces invalid Unicode.
enum {
        TEXT_REPLACEMENT = 0xFFFD
};

// Text that grows. Start from {0}; DATA is NUL-terminated once anything was added. Free with text_free.
struct text {
        char *data;
        size_t length, capacity;
};
#define AUTO_TEXT __attribute__((cleanup(text_free)))

void text_free(struct text *text);
void text_clear(struct text *text);                   // empty again, keeping the memory
void text_truncate(struct text *text, size_t length); // only its first LENGTH bytes, if it has more
void text_add(struct text *text, const char *addition);
void text_add_span(struct text *text, const char *addition, size_t length);
void text_add_char(struct text *text, char character);
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_utf8(struct text *text, uint32_t code_point); // U+FFFD if it is not a Unicode character

// The code point at the start of TEXT and the bytes it takes; 0 bytes if it is not valid UTF-8 (Unicode 15, table 3-7:
// no overlong forms, no surrogates, nothing above U+10FFFF).
size_t text_decode_utf8(const char *text, size_t length, uint32_t *code_point);

// Adds LENGTH bytes that should be UTF-8; invalid ones become U+FFFD. Returns how many bytes were used: all but an
// incomplete sequence at the end, whose rest may follow with the next bytes of a stream.
size_t text_add_repaired(struct text *text, const char *bytes, size_t length);

// The text so far, never NULL; valid until the next change.
const char *text_string(const struct text *text);

// Hands the text to the caller, who frees it with free(). TEXT is empty afterwards.
char *text_take(struct text *text);

// As printf; freed with free().
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *text_format_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0), returns_nonnull));

// A non-negative decimal integer with nothing before or after it.
bool text_parse_number(const char *text, uint64_t *number);

// A size: a number, optionally with K, M, G or T (powers of 1024, with or without "iB" or "B", any case).
bool text_parse_size(const char *text, uint64_t *bytes);

// "40.00 GiB"; freed with free().
char *text_size(uint64_t bytes);

// The same for a duration in milliseconds: "0.8 s", "12.4 s", "3 min 05 s".
char *text_duration(uint64_t milliseconds);

// What follows the line at LINE; the end of the text if that is the last.
const char *text_line_after(const char *line);

bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

// ASCII only, any case.
bool text_equal_ignoring_case(const char *a, const char *b);

// Safe for a terminal: control characters and invalid UTF-8 in TEXT as \xNN, newlines kept if KEEP_NEWLINES; freed with
// free(). Everything that a guest, a file or a server wrote goes through this before it is printed.
char *text_printable(const char *text, size_t length, bool keep_newlines);
