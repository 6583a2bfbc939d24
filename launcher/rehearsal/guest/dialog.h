// SPDX-License-Identifier: Apache-2.0
// Pages as the installer draws them: a box with a title, lines, and the keys it accepts, drawn in this order. Keys
// pressed before it is complete are discarded. The screen never shows one page's title with another's keys: if title
// and keys are there, the page is ready.
#pragma once

#include "launcher/rehearsal/guest/guest.h"

#define DIALOG_COLUMNS 74
#define DIALOG_TEXT    70 // columns for text
#define LIST_ROW_SIZE  (DIALOG_TEXT + 1)

// The two arguments of dialog_page for its lines.
#define DIALOG_LINES(...)                                                                                              \
        (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

// A box on the screen, with room for text from two columns inside its frame on.
struct dialog {
        size_t top, left, rows, columns;
        size_t padding;   // empty rows inside the frame, at the top and at the bottom
        const char *keys; // "(Enter) Continue"
};

// Empties the screen, but for the line that says what this is.
void dialog_clear(struct guest *guest);

// Draws the frame of a page for LINES lines of text on an empty desktop.
struct dialog dialog_open(struct guest *guest, const char *title, size_t lines, const char *keys);

// Draws the frame of a box of ROWS and COLUMNS in the middle of what is on the screen.
struct dialog dialog_open_over(struct guest *guest, const char *title, size_t rows, size_t columns, const char *keys);

// How many columns of text a line has.
size_t dialog_columns(const struct dialog *dialog);

// Puts text on a line (from 0), to be drawn by the next dialog_ready(), dialog_key() or dialog_show().
void dialog_text(struct guest *guest, const struct dialog *dialog, size_t line, enum style style, const char *text);

// Puts text that wraps on the lines from LINE on, behind PREFIX, which the lines after the first leave blank. Returns the
// line after the last.
size_t dialog_wrapped(struct guest *guest, const struct dialog *dialog, size_t line, enum style style,
                      const char *prefix, const char *text);

// Parts of a line: text or an input field from COLUMN on, or a bar that is filled to PERCENT.
void dialog_part(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, enum style style,
                 const char *text);
void dialog_field(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, size_t columns,
                  const char *text);
void dialog_bar(struct guest *guest, const struct dialog *dialog, size_t line, size_t columns, unsigned percent);

// Shows the cursor there.
void dialog_cursor(struct guest *guest, const struct dialog *dialog, size_t line, size_t column);

void dialog_show(struct guest *guest);

// Draws the text and then the keys; from then on, keys are accepted.
void dialog_ready(struct guest *guest, const struct dialog *dialog);

// Waits for a key in WANTED, and repaints a row now and then. `|` stands for F11.
struct key dialog_key(struct guest *guest, const struct dialog *dialog, key_set wanted);

// A page with text only. Returns the key that was pressed.
struct key dialog_page(struct guest *guest, const char *title, const char *const *lines, size_t count, const char *keys,
                       key_set wanted);

// A page without keys, for a while: "Scanning system..."
void dialog_busy(struct guest *guest, const char *text, uint64_t milliseconds);

// Rows of which one is selected (reverse video); if there are more than VISIBLE, they scroll.
struct list {
        const char (*rows)[LIST_ROW_SIZE];
        const bool *is_label; // for each row, whether it cannot be selected; NULL: all can
        size_t count, visible;
        size_t line; // of the dialog, where it begins
};

// Lets the user choose a row with Up and Down. Returns the key in WANTED that ended it.
struct key dialog_choose(struct guest *guest, const struct dialog *dialog, const struct list *list, size_t *selected,
                         key_set wanted);
