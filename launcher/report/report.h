// SPDX-License-Identifier: Apache-2.0
//
// The report of one run: a self-contained page.
//
// It needs no network, no other file and no JavaScript (which only searches the console). Its Content-Security-Policy
// allows only the page's own script, identified by its SHA-256, and no loading. Text from the guest is always escaped
// (html.h).
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

#define REPORT_BEGINNING "<!DOCTYPE html>\n<!-- A report of esxiarm. -->\n"

struct report_input {
        const char *machine_folder; // NULL: the machine that the run names, if it still exists
        const char *run_folder;
};

struct report_outcome {
        const char *verdict; // verdict_word (verdict.h)
        bool is_rehearsal;
};

// Adds the page to HTML. Fails if the run or the page's own data files cannot be read. If something else (the disk, the
// variables) cannot be read, the page reports that.
bool report_make(const struct report_input *input, struct text *html, struct report_outcome *outcome,
                 struct error *err);
