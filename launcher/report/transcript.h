// SPDX-License-Identifier: Apache-2.0
//
// A run's console.txt in a page: its lines with their times, and places in it that the rest of the page leads to.
//
// A page stays small whatever the guest printed: of a file of more than 1 MiB the first 256 KiB, the last 512 KiB and what is
// around the anchors between them are shown, and each gap says how much is left out. The file is read at those places alone;
// the lines are in the order of their time, so that a time is found by bisection. Of a line at most 2000 bytes are shown.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

// A place in the console. With a text it is the line of about that time that holds it, else the first line from that time on.
struct console_anchor {
        char id[32];       // of the element that leads there: letters, digits and hyphens
        double time;       // in seconds
        const char *text;  // borrowed; NULL for one that only has a time
        const char *class; // of the line, in report.css; NULL for none
        bool found;        // filled by console_to_html: the id is in the page
};

// A list of them that grows. Start from {0}; free with console_anchors_free.
struct console_anchors {
        struct console_anchor *items;
        size_t count;
};
void console_anchors_free(struct console_anchors *anchors);

// Adds one whose id is PREFIX-NUMBER; the pointer is good until the next is added.
struct console_anchor *console_anchors_add(struct console_anchors *anchors, const char *prefix, size_t number);

// Whether the page has PREFIX-NUMBER.
bool console_anchors_has(const struct console_anchors *anchors, const char *prefix, size_t number);

// Adds the lines of the file at PATH. If the file does not exist, the page reports that.
void console_to_html(struct text *html, const char *path, struct console_anchors *anchors);
