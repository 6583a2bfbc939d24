// SPDX-License-Identifier: Apache-2.0
//
// A guest's screen in a page: the rows of console_text_ansi (launcher/screen/console.h), with colours and attributes.
//
// The classes are in report.css: `f0` to `f15` for named text colours, `b0` to `b15` for named backgrounds, `fb` and
// `bf` for the screen's own two colours swapped. Other colours are written in full.
#pragma once

#include "base/text.h"

// The sequences are read here, not by verify/log/sequence: that keeps fewer parameters than a 24-bit colour needs, and
// removes what is shown here as text.

// Adds the screen as a <pre> of 24 to 60 rows and at most 64 KiB. ANSI may be any text: SGR sequences are understood
// (ECMA-48, 8.3.117; ISO/IEC 8613-6 for the palette of 256 and 24 bits), other control characters are replaced.
void screen_to_html(struct text *html, const char *ansi);
