// SPDX-License-Identifier: Apache-2.0
// A box over a page, whose text stays beside it: a text that wraps, radio buttons whose labels wrap, and keys. The page
// is as before once it is closed.
#pragma once

#include "launcher/rehearsal/guest/dialog.h"

#define MODAL_COLUMNS 36
#define MODAL_TEXT    32 // columns for text
#define MODAL_CHOICES 3

struct modal {
        const char *title, *text;
        const char *choices[MODAL_CHOICES]; // labels; NULL behind the last one
        const char *keys;                   // "(Esc) Cancel  (Enter) OK"
        key_set closed_by;
};

// Shows it until one of its keys is pressed, and returns that. The first radio button is set; Up and Down move the
// focus (reverse video), and Space sets the button that has it. *CHOICE is the one that was set; it may be NULL.
struct key modal_show(struct guest *guest, const struct modal *modal, size_t *choice);

// A box without keys, for a while.
void modal_busy(struct guest *guest, const char *title, const char *text, uint64_t milliseconds);
