// SPDX-License-Identifier: Apache-2.0
//
// Text laid out for a terminal: words go to the next line before they reach beyond its width, and two columns stay aligned.
//
// Widths are in characters. A word that is longer than a line is broken.
#pragma once

#include <stddef.h>

#include "base/text.h"

// How wide standard output is: as its terminal, or COLUMNS if that reports no width, but 40 at least and 100 at most; 80 at
// most if it is not a terminal.
size_t wrap_width(void);

// Adds paragraphs to OUT. A newline in TEXT is a space, an empty line separates paragraphs, and a line that begins with a space
// stays a line: what follows its last two spaces in a row ("  NAME   what it is") is a column of its own.
void wrap_text(struct text *out, const char *text, size_t width);

// Adds LINE to OUT; its later lines begin at column INDENT.
void wrap_line(struct text *out, const char *line, size_t indent, size_t width);

// Widens COLUMN to where the right side of rows begins if LEFT is one of them. A LEFT that takes too much of WIDTH is not
// considered. Start from 0.
void wrap_fit(size_t *column, const char *left, size_t width);

// Adds a row to OUT: LEFT, and RIGHT from COLUMN on, on the next line if LEFT is too long. Spaces at the start of RIGHT indent
// all of it.
void wrap_row(struct text *out, const char *left, const char *right, size_t column, size_t width);
