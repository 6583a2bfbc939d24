// SPDX-License-Identifier: Apache-2.0
//
// Draws a guest's screen on a terminal: the rows that changed since the last time, the cursor, and a status line below.
// Pure.
//
// It draws the console's cells and does not pass on the guest's bytes. So the guest cannot control the user's terminal;
// a terminal of another size shows what fits, and one that connects late shows the current screen.
#pragma once

#include "base/text.h"
#include "launcher/screen/console.h"

struct view;
#define AUTO_VIEW __attribute__((cleanup(view_free)))

// For a terminal of that size, in character cells. Never NULL.
struct view *view_new(unsigned columns, unsigned rows);
void view_free(struct view **view);

// The terminal has a new size, or its content was lost: the next view_draw draws everything.
void view_resize(struct view *view, unsigned columns, unsigned rows);

// Sets the line below the screen. On a terminal without a row for it, it covers the last row if INSISTS, else it is
// hidden.
void view_status(struct view *view, const char *text, bool insists);

// Adds to OUT the output that updates the terminal; nothing if it is up to date.
void view_draw(struct view *view, struct console *console, struct text *out);
