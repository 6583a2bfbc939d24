// SPDX-License-Identifier: Apache-2.0
// A menu of the console (DCUI): entries on the left, the selected one in reverse video, and what it is about on the
// right.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

struct menu_entry {
        const char *label;       // on the left
        const char *title;       // on the right
        const char *description; // on the right; it wraps
};

struct menu {
        const char *title;
        const struct menu_entry *entries;
        size_t count;
        const char *keys;
};

// Draws the menu and lets the user move in it. *SELECTED is the entry at first and in the end. False if the user pressed
// Esc, true for Enter.
bool menu_choose(struct guest *guest, const struct menu *menu, size_t *selected);
