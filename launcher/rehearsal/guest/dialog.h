// SPDX-License-Identifier: Apache-2.0
// Dialogs as the installer draws them: a box with a title, lines, and the keys it accepts, drawn in this order. Keys
// pressed before it is complete are discarded. The screen never shows one dialog's title with another's keys:
// if title and keys are there, the dialog is ready.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

#define DIALOG_COLUMNS 72
#define DIALOG_TEXT    66 // columns for text
#define LIST_ROW_SIZE  (DIALOG_TEXT + 1)

// The two arguments of dialog_page for its lines.
#define DIALOG_LINES(...)                                                                                              \
        (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

struct dialog {
        size_t top, rows;
        const char *keys; // "(Enter) Continue"
};

// Draws the frame of a dialog for LINES lines of text.
struct dialog dialog_open(struct guest *guest, const char *title, size_t lines, const char *keys);

// Puts text on a line (from 0), to be drawn by the next dialog_ready(), dialog_key() or dialog_show().
void dialog_text(struct guest *guest, const struct dialog *dialog, size_t line, enum style style, const char *text);

// Parts of a line: text or an input field from COLUMN on, or a bar that is filled to PERCENT.
void dialog_part(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, enum style style,
                 const char *text);
void dialog_field(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, size_t columns,
                  const char *text);
void dialog_bar(struct guest *guest, const struct dialog *dialog, size_t line, size_t columns, unsigned percent);

void dialog_show(struct guest *guest);

// Draws the text and then the keys; from then on, keys are accepted.
void dialog_ready(struct guest *guest, const struct dialog *dialog);

// Waits for a key in WANTED, and repaints a row now and then.
struct key dialog_key(struct guest *guest, const struct dialog *dialog, key_set wanted);

// A screen with text only. Returns the key that was pressed.
struct key dialog_page(struct guest *guest, const char *title, const char *const *lines, size_t count, const char *keys,
                       key_set wanted);

// A box in front of the dialog BEHIND, whose keys are erased; closed by Enter or Esc. The caller then redraws its
// dialog.
void dialog_message(struct guest *guest, const struct dialog *behind, const char *title, const char *const *lines,
                    size_t count);

// A box without keys, for a while: "Scanning system..."
void dialog_busy(struct guest *guest, const char *text, uint64_t milliseconds);

// Rows of which one is selected (reverse video); if there are more than VISIBLE, they scroll.
struct list {
        const char (*rows)[LIST_ROW_SIZE];
        size_t count, visible;
        size_t line; // of the dialog, where it begins; it takes VISIBLE lines and one for "2 of 12"
};

// Lets the user choose one with Up and Down. Returns the key in WANTED that ended it.
struct key dialog_choose(struct guest *guest, const struct dialog *dialog, const struct list *list, size_t *selected,
                         key_set wanted);
