// SPDX-License-Identifier: Apache-2.0
//
// A progress line on standard error, if that is a terminal: drawn at most ten times a second, and only after half a
// second, so that quick work prints nothing. It has no colour with NO_COLOR or TERM=dumb.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress;
#define AUTO_PROGRESS __attribute__((cleanup(progress_end)))

// LABEL is the activity ("downloading qemu-efi-aarch64"); TOTAL is in bytes, 0 if not known. Never NULL.
struct progress *progress_begin(const char *label, uint64_t total);

void progress_total(struct progress *progress, uint64_t total);

// DONE bytes of the total so far.
void progress_update(struct progress *progress, uint64_t done);

// Erases the line and frees *PROGRESS (which becomes NULL).
void progress_end(struct progress **progress);

// Whether standard error is a terminal that can redraw lines, and whether to use colour there.
bool progress_on_terminal(void);
bool progress_in_colour(void);

// The terminal's size in character cells; 80 and 24 if not known.
unsigned progress_columns(void);
unsigned progress_rows(void);
