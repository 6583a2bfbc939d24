// SPDX-License-Identifier: Apache-2.0
//
// What a run stood on, in a page: settings, firmware with its digests, versions, the machine's identity, QEMU's command line,
// and the files that the run left.
#pragma once

#include "launcher/report/verdict.h"

// The few figures that go to the top of the page.
void figures_to_html(struct text *html, const struct report_subject *subject);

void parameters_to_html(struct text *html, const struct report_subject *subject);
