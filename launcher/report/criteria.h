// SPDX-License-Identifier: Apache-2.0
//
// The criteria of a run in a page, phase by phase: which were met, in which line and when, and which were not.
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "launcher/report/transcript.h"

// Adds the anchors that the criteria in RESULT (NULL for none) have in the console.
void criteria_anchors(const json_t *result, struct console_anchors *anchors);

// The tables. A line that is in ANCHORS and was found leads to the console.
void criteria_to_html(struct text *html, const json_t *result, const struct console_anchors *anchors);
