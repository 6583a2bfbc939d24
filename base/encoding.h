// SPDX-License-Identifier: Apache-2.0
//
// Text as bytes and bytes as text: UTF-16, as in UEFI's names, and hexadecimal.
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

// UTF-16LE bytes, up to a NUL or the end, as UTF-8 (freed with free()). An unpaired surrogate becomes U+FFFD, and so
// does an odd last byte: the result is always valid UTF-8.
char *text_from_utf16(struct bytes utf16);

// Adds UTF8 as UTF-16LE to BUFFER, without a terminating NUL. False if UTF8 is not valid UTF-8.
bool text_to_utf16(const char *utf8, struct buffer *buffer);

// Lower-case hexadecimal, two digits a byte; freed with free().
char *text_hex(struct bytes bytes);

// The value of a hexadecimal digit in either case; -1 if DIGIT is not one.
int text_hex_digit(char digit);

// The bytes that HEX spells, added to BUFFER. False if it is not an even number of hexadecimal digits.
bool text_parse_hex(const char *hex, struct buffer *buffer);
