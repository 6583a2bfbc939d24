// SPDX-License-Identifier: Apache-2.0
//
// A run's console.txt in a page: its lines with their times, and anchors for links from the rest of the page.
//
// The page's size is bounded: of a file over 1 MiB, only the first 256 KiB, the last 512 KiB and the surroundings of
// the anchors between them are read and shown, and each gap reports how much is left out. Lines are ordered by time, so
// that a time is found by bisection. At most 2000 bytes of a line are shown.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

// A place in the console: the line with TEXT at about that time, or without TEXT the first line at or after it.
struct console_anchor {
        char id[32];       // of the element, for links: letters, digits and hyphens
        double time;       // in seconds
        const char *text;  // borrowed; may be NULL
        const char *class; // of the line, in report.css; NULL for none
        bool found;        // filled by console_to_html: the id is in the page
};

// Start from {0}; free with console_anchors_free.
struct console_anchors {
        struct console_anchor *items;
        size_t count;
};
void console_anchors_free(struct console_anchors *anchors);

// Adds an anchor with the id PREFIX-NUMBER; the pointer is valid until the next is added.
struct console_anchor *console_anchors_add(struct console_anchors *anchors, const char *prefix, size_t number);

// Whether the page has PREFIX-NUMBER.
bool console_anchors_has(const struct console_anchors *anchors, const char *prefix, size_t number);

// Adds the lines of the file at PATH. If the file does not exist, the page reports that.
void console_to_html(struct text *html, const char *path, struct console_anchors *anchors);
