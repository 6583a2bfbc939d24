// SPDX-License-Identifier: Apache-2.0
//
// How a cell of the screen looks, as the sequence that makes a terminal write like that: SGR, "select graphic rendition".
//
// Source: ECMA-48, 5th edition, 8.3.117; ISO/IEC 8613-6 for the colours of the palette of 256 and of 24 bits; xterm, ctlseqs,
// for the eight bright colours.
#pragma once

#include <stdbool.h>
#include <vterm.h>

#include "base/text.h"

// The sequence that leads back to how a terminal writes by itself.
#define RENDITION_PLAIN "\033[0m"

// Whether two cells look the same but for their characters: colours, bold, underline, italic, blink, reverse video, strike.
bool rendition_equal(const VTermScreenCell *a, const VTermScreenCell *b);

// Whether CELL looks as a terminal writes by itself.
bool rendition_is_plain(const VTermScreenCell *cell);

// Whether a blank that looks like CELL cannot be told from a cell where nothing was ever written.
bool rendition_hides_blanks(const VTermScreenCell *cell);

// Adds the sequence, which depends on none before it.
void rendition_add(struct text *text, const VTermScreenCell *cell);
