// SPDX-License-Identifier: Apache-2.0
//
// Wraps text for a terminal and aligns it in two columns. Widths are in characters. Longer words are broken.
#pragma once

#include <stddef.h>

#include "base/text.h"

// The width for standard output: that of its terminal, or COLUMNS if the terminal reports none, but at least 40 and at
// most 100 (80 if it is not a terminal).
size_t wrap_width(void);

// Adds paragraphs to OUT. An empty line separates them, any other newline in TEXT is a space. A line that begins with a
// space stays a line; the text after its last two consecutive spaces ("  NAME   what it is") is a column.
void wrap_text(struct text *out, const char *text, size_t width);

// Adds LINE to OUT; its later lines begin at column INDENT.
void wrap_line(struct text *out, const char *line, size_t indent, size_t width);

// Widens COLUMN, where the right side of rows begins, to fit LEFT, unless LEFT takes too much of WIDTH. Start from 0.
void wrap_fit(size_t *column, const char *left, size_t width);

// Adds a row to OUT: LEFT, and RIGHT at COLUMN, on the next line if LEFT is too long. RIGHT's leading spaces indent all
// of it.
void wrap_row(struct text *out, const char *left, const char *right, size_t column, size_t width);
