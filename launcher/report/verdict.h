// SPDX-License-Identifier: Apache-2.0
//
// The verdict of a run in a page: a word, one sentence with the reason, and after a failure, where to look.
#pragma once

#include "base/text.h"
#include "launcher/evidence/run-record.h"
#include "launcher/machine/machine.h"

struct report_subject {
        const struct run_record *record;
        const struct machine *machine; // NULL if not found
        bool is_rehearsal;
        bool is_running; // the run is unfinished and its launcher is running
};

// "pass", "fail", "timed out", "panic", "interrupted", "stopped", "error"; "unfinished" without a result, "unknown" for
// any other outcome. Static.
const char *verdict_word(const struct run_record *record);

void verdict_to_html(struct text *html, const struct report_subject *subject);
