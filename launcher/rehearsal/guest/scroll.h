// SPDX-License-Identifier: Apache-2.0
// A window over a list of rows, some of which are labels that cannot be selected. Down selects the next row that can be;
// the window moves with the selection. Python's urwid moves the window over a label at the end of the list, too, by one
// more Down for each: then the list moves and the selection does not. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct scroll {
        size_t count, visible;
        const bool *is_label; // NULL: none is. Borrowed
        bool shows_labels;    // as urwid does
        size_t first, selected;
};

// SELECTED is shown, and as much as possible above it.
struct scroll scroll_begin(size_t count, size_t visible, const bool *is_label, size_t selected);

void scroll_up(struct scroll *scroll);
void scroll_down(struct scroll *scroll);
