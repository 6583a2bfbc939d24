// SPDX-License-Identifier: Apache-2.0
// Dialogs as the installer draws them: a box with a title, lines, and the keys that are asked for. A dialog shows in
// this order: frame and title, text, keys. What is pressed before the last of these shows is thrown away, and no moment
// shows the title of one dialog with the keys of another: title and keys together mean that the dialog listens.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

#define DIALOG_COLUMNS 72
#define DIALOG_TEXT    66 // columns for text
#define LIST_ROW_SIZE  (DIALOG_TEXT + 1)

// The lines of a dialog_page and their number, as its two arguments.
#define DIALOG_LINES(...)                                                                                              \
        (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

struct dialog {
        size_t top, rows;
        const char *keys; // "(Enter) Continue"
};

// Draws the frame of a dialog with room for so many LINES of text.
struct dialog dialog_open(struct guest *guest, const char *title, size_t lines, const char *keys);

// Puts text on a line (from 0); it shows with the next dialog_ready(), dialog_key() or dialog_show().
void dialog_text(struct guest *guest, const struct dialog *dialog, size_t line, enum style style, const char *text);

// Parts of a line, from a column of it on: text, an input field, a bar that is filled to PERCENT.
void dialog_part(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, enum style style,
                 const char *text);
void dialog_field(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, size_t columns,
                  const char *text);
void dialog_bar(struct guest *guest, const struct dialog *dialog, size_t line, size_t columns, unsigned percent);

void dialog_show(struct guest *guest);

// Shows the text and then the keys: from now on keys count.
void dialog_ready(struct guest *guest, const struct dialog *dialog);

// Waits for one of the keys of WANTED, repainting a row now and then.
struct key dialog_key(struct guest *guest, const struct dialog *dialog, key_set wanted);

// A screen of text alone. Returns the key that was pressed.
struct key dialog_page(struct guest *guest, const char *title, const char *const *lines, size_t count, const char *keys,
                       key_set wanted);

// A box in front of the dialog BEHIND, whose keys are taken off the screen; closed by Enter or Esc. Who called it draws
// its own dialog anew.
void dialog_message(struct guest *guest, const struct dialog *behind, const char *title, const char *const *lines,
                    size_t count);

// A box without keys, for a while: "Scanning system..."
void dialog_busy(struct guest *guest, const char *text, uint64_t milliseconds);

// Rows of which one is selected, in reverse video. With more rows than VISIBLE they scroll.
struct list {
        const char (*rows)[LIST_ROW_SIZE];
        size_t count, visible;
        size_t line; // of the dialog, at which the list begins; it takes VISIBLE lines and one for "2 of 12"
};

// Lets one be chosen with Up and Down. Returns the key of WANTED that ended it.
struct key dialog_choose(struct guest *guest, const struct dialog *dialog, const struct list *list, size_t *selected,
                         key_set wanted);
