// SPDX-License-Identifier: Apache-2.0
//
// The look of a cell as a terminal sequence: SGR, "select graphic rendition".
//
// Source: ECMA-48, 5th edition, 8.3.117; ISO/IEC 8613-6 for palette and 24-bit colours; xterm, ctlseqs, for the eight
// bright colours.
#pragma once

#include <stdbool.h>
#include <vterm.h>

#include "base/text.h"

// The sequence for a terminal's default look.
#define RENDITION_PLAIN "\033[0m"

// Whether two cells have the same look: colours, bold, underline, italic, blink, reverse video, strike.
bool rendition_equal(const VTermScreenCell *a, const VTermScreenCell *b);

// Whether CELL has the default look.
bool rendition_is_plain(const VTermScreenCell *cell);

// Whether a blank with CELL's look cannot be told from a cell where nothing was ever written.
bool rendition_hides_blanks(const VTermScreenCell *cell);

// Adds the sequence, which does not depend on earlier ones.
void rendition_add(struct text *text, const VTermScreenCell *cell);
