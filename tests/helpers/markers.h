// SPDX-License-Identifier: Apache-2.0
//
// The criteria for the measurements: those of a booted system.
#pragma once

#include "verify/log/criteria.h"
#include "verify/log/log.h"

static const struct criterion markers[] = {
        {"firmware", "BdsDxe: (?:loading|starting) Boot[0-9A-F]{4}", CRITERION_REQUIRED, false},
        {"version", "VMware ESXi [0-9.]+ \\[Releasebuild", CRITERION_REQUIRED, false},
        {"kernel", "Starting VMKernel initialization", CRITERION_REQUIRED, false},
        {"complete", "Boot complete \\(2/2\\)", CRITERION_REQUIRED, false},
        {"up", "Starting service DCUI|To manage this host,? go to:", CRITERION_REQUIRED, false},
        {"its", "its\\.c:2934", CRITERION_FORBIDDEN, true},
        {"verify", "VERIFY bora/", CRITERION_FORBIDDEN, true},
        {"module", "Module\\(s\\) involved in panic", CRITERION_FORBIDDEN, true},
        {"panic", "PanicvPanicInt", CRITERION_FORBIDDEN, true},
        {"psod", "PSOD", CRITERION_FORBIDDEN, true},
};

static inline void judge_line(const struct log_line *line, void *context)
{
        criteria_span(context, line->number, 0, line->text, line->length);
}
