// SPDX-License-Identifier: Apache-2.0
//
// A guest's screen in a page: the rows of console_text_ansi (launcher/screen/console.h), their colours and attributes kept.
//
// The classes are in report.css: `f0` to `f15` a named colour of the text, `b0` to `b15` of the background, `fb` and `bf` the
// screen's own two the other way round. Other colours are written in full.
#pragma once

#include "base/text.h"

// The sequences are read here, and not by verify/log/sequence, which keeps fewer parameters than a colour of 24 bits needs, and
// takes away what this shows as text.

// Adds the screen as a <pre>. ANSI may be any text: of its sequences SGR is understood (ECMA-48, 8.3.117; ISO/IEC 8613-6 for
// the palette of 256 and 24 bits), every other control character is replaced. At most 24 rows, or what is on more of them,
// and 64 KiB are shown.
void screen_to_html(struct text *html, const char *ansi);
