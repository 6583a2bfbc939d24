// SPDX-License-Identifier: Apache-2.0
//
// The criteria of a run in a page, by phase: whether each was met, in which line, and when.
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "launcher/report/transcript.h"

// Adds the anchors in the console of the criteria in RESULT (may be NULL).
void criteria_anchors(const json_t *result, struct console_anchors *anchors);

// Adds the tables. A line with a found anchor links to the console.
void criteria_to_html(struct text *html, const json_t *result, const struct console_anchors *anchors);
