// SPDX-License-Identifier: Apache-2.0
//
// The verdict of a run in a page: a word, one sentence that says why, and where to look if it did not go well.
#pragma once

#include "base/text.h"
#include "launcher/evidence/run-record.h"
#include "launcher/machine/machine.h"

struct report_subject {
        const struct run_record *record;
        const struct machine *machine; // NULL if it is not at hand
        bool is_rehearsal;
        bool is_running; // the launcher of an unfinished run is at work
};

// "pass", "fail", "timed out", "panic", "interrupted", "stopped", "error"; "unfinished" for a run without a result, "unknown" for
// a result that says something else. Static.
const char *verdict_word(const struct run_record *record);

void verdict_to_html(struct text *html, const struct report_subject *subject);
