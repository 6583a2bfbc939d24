// SPDX-License-Identifier: Apache-2.0
//
// The report of one run: a page that holds everything in itself.
//
// It needs no network, no other file and no JavaScript (with it, the console can be searched). Its Content-Security-Policy
// lets a browser load nothing and run no script but the page's own, which is named by its SHA-256; and no text of the guest's
// is ever anything but text (report-html.h).
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

// How every report begins.
#define REPORT_BEGINNING "<!DOCTYPE html>\n<!-- A report of esxiarm. -->\n"

struct report_input {
        const char *machine_folder; // NULL: the run says which, if it is still there
        const char *run_folder;
};

struct report_outcome {
        const char *verdict; // verdict_word (report-verdict.h)
        bool is_rehearsal;
};

// Adds the page to HTML. Fails if the run cannot be read, or the page's own data are missing; what else cannot be read
// (the disk, the variables) is said in the page instead.
bool report_make(const struct report_input *input, struct text *html, struct report_outcome *outcome,
                 struct error *err);
