// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/scroll.h"

struct scroll scroll_begin(size_t count, size_t visible, const bool *is_label, size_t selected)
{
        return (struct scroll){.count = count,
                               .visible = visible,
                               .is_label = is_label,
                               .selected = selected,
                               .first = selected < visible ? 0 : selected - visible + 1};
}

static bool select_row(struct scroll *scroll, size_t row)
{
        bool can = !scroll->is_label || !scroll->is_label[row];
        if (can)
                scroll->selected = row;
        return can;
}

void scroll_up(struct scroll *scroll)
{
        for (size_t row = scroll->selected; row > scroll->first; row--)
                if (select_row(scroll, row - 1))
                        return;
        bool stays_shown = scroll->shows_labels && scroll->selected + 1 < scroll->first + scroll->visible;
        if (scroll->first && (select_row(scroll, scroll->first - 1) || stays_shown))
                scroll->first--;
}

void scroll_down(struct scroll *scroll)
{
        size_t end = scroll->first + scroll->visible;
        for (size_t row = scroll->selected + 1; row < end && row < scroll->count; row++)
                if (select_row(scroll, row))
                        return;
        bool stays_shown = scroll->shows_labels && scroll->selected > scroll->first;
        if (end < scroll->count && (select_row(scroll, end) || stays_shown))
                scroll->first++;
}
