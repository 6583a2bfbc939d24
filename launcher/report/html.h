// SPDX-License-Identifier: Apache-2.0
//
// Escapes text for HTML: everything that a guest, a file or a user wrote goes through here before it is in a page.
//
// The result is safe as content of an element and as an attribute's value in double quotes, in HTML and in SVG within
// it: `& < > " '` become references; invalid UTF-8, control characters (except tab and newline), noncharacters, and
// explicit directional formatting (UAX #9) become U+FFFD. It is never put into a script or a style sheet. Source: HTML,
// 13.1.2 (writing HTML documents) and 13.3 (escaping a string).
#pragma once

#include <stddef.h>

#include "base/text.h"

void html_add(struct text *html, const char *text);
void html_add_span(struct text *html, const char *text, size_t length);

// As printf, escaped as a whole, FORMAT included.
void html_add_format(struct text *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

// <TAG>TEXT</NAME>. TAG is markup: NAME and optional attributes (`td class="time"`). Nothing if TEXT is NULL or empty.
void html_element(struct text *html, const char *tag, const char *text);

// A row of a table: a heading and a value. Adds nothing if VALUE is NULL or empty.
void html_row(struct text *html, const char *heading, const char *value);
