// SPDX-License-Identifier: Apache-2.0
//
// The timeline of a run in a page: for each moment a row with its time, a bar (SVG) up to the next moment, and the
// duration. The row links to the screen at that time (`#screen-N`, N being the moment's number in the record).
#pragma once

#include "base/text.h"
#include "launcher/evidence/run-record.h"

void timeline_to_html(struct text *html, const struct run_record *record);
