// SPDX-License-Identifier: Apache-2.0
//
// The parameters of a run in a page: settings, firmware and its digests, versions, the machine's identity, QEMU's
// command line, and the run's files.
#pragma once

#include "launcher/report/verdict.h"

// The key figures at the top of the page.
void figures_to_html(struct text *html, const struct report_subject *subject);

void parameters_to_html(struct text *html, const struct report_subject *subject);
