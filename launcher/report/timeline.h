// SPDX-License-Identifier: Apache-2.0
//
// The timeline of a run in a page: a row a moment, with a bar from it to the next one (SVG), when it came, and how long it
// took until the next. A row leads to the screen as it was then (`#screen-N`, N the moment's number in the record).
#pragma once

#include "base/text.h"
#include "launcher/evidence/run-record.h"

void timeline_to_html(struct text *html, const struct run_record *record);
