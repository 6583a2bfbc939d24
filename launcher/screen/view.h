// SPDX-License-Identifier: Apache-2.0
//
// A guest's screen, drawn on somebody's terminal: the rows that changed since it was last drawn, the cursor, and a status
// line below.
//
// It is drawn from the cells of the console and not from the guest's bytes: nothing that a guest sends steers the user's
// terminal, a terminal of another size shows what fits, a slow one is shown fewer pictures, and one that comes late sees the
// screen as it is. Pure: what is to be written goes into a text.
#pragma once

#include "base/text.h"
#include "launcher/screen/console.h"

struct view;
#define AUTO_VIEW __attribute__((cleanup(view_free)))

// For a terminal of that size, in character cells. Never NULL.
struct view *view_new(unsigned columns, unsigned rows);
void view_free(struct view **view);

// The terminal has another size, or shows something else: everything is drawn anew.
void view_resize(struct view *view, unsigned columns, unsigned rows);

// The line below the screen. On a terminal of no more rows than the screen has it covers the last one, but only while
// INSISTS.
void view_status(struct view *view, const char *text, bool insists);

// Adds to OUT what turns the terminal into what CONSOLE and the status line show now; nothing where it shows that already.
void view_draw(struct view *view, struct console *console, struct text *out);
