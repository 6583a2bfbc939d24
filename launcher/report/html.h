// SPDX-License-Identifier: Apache-2.0
//
// Text into HTML: everything that a guest, a file or a user wrote goes through here before it is in a page.
//
// What is added is safe in the content of an element and in an attribute's value in double quotes, in HTML and in the SVG
// within it: `& < > " '` are references, and what no page should hold is U+FFFD: broken UTF-8, control characters (but tab
// and newline), noncharacters, and the characters that change the direction of the text around them (UAX #9, explicit
// directional formatting). Nothing is ever put into a script or a style sheet.
// Source: HTML, 13.1.2 (writing HTML documents) and 13.3 (escaping a string).
#pragma once

#include <stddef.h>

#include "base/text.h"

void html_add(struct text *html, const char *text);
void html_add_span(struct text *html, const char *text, size_t length);

// As printf, escaped as a whole: FORMAT holds no markup either.
void html_add_format(struct text *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

// <TAG>TEXT</NAME>, where TAG is markup, a name and perhaps attributes (`td class="time"`); nothing if TEXT is NULL or
// empty.
void html_element(struct text *html, const char *tag, const char *text);

// A row of a table: a heading and a value; nothing if VALUE is NULL or empty.
void html_row(struct text *html, const char *heading, const char *value);
