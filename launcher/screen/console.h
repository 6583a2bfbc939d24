// SPDX-License-Identifier: Apache-2.0
//
// The guest's screen: libvterm draws the serial console's bytes on a terminal of 80 by 24 cells. Patterns are matched
// against this screen and not the bytes, because a guest redraws, moves the cursor and changes colours as it likes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        CONSOLE_ROWS = 24,
        CONSOLE_COLUMNS = 80
};

struct console;
#define AUTO_CONSOLE __attribute__((cleanup(console_free)))

struct console *console_new(void);
void console_free(struct console **console);

// Draws SIZE more bytes from the guest, received just now.
void console_feed(struct console *console, const void *data, size_t size);

// The same, if the last byte was received at CAME_US on the clock of time_now_us.
void console_feed_at(struct console *console, const void *data, size_t size, uint64_t came_us);

// The whole screen as UTF-8, one line for each row, without trailing blanks. Valid until the next console_feed.
const char *console_text(struct console *console);

// One row (from 0) of that, the same way.
const char *console_row(struct console *console, unsigned row);

// The same with colours and attributes, as SGR sequences and no others. Each row begins and ends with the plain
// rendition and is safe to print on any terminal: it has none of the guest's control characters.
const char *console_text_ansi(struct console *console);
const char *console_row_ansi(struct console *console, unsigned row);

// Where the cursor is (from 0), and whether the guest shows it. No pointer may be NULL.
void console_cursor(const struct console *console, unsigned *row, unsigned *column, bool *visible);

// A hash of the screen's look: characters, colours and attributes, not the cursor.
uint64_t console_picture(struct console *console);

// The same for one row (from 0).
uint64_t console_row_picture(struct console *console, unsigned row);

// When the screen last looked different, on the clock of time_now_us. Redrawing the same content is not a change.
uint64_t console_changed_us(struct console *console);

// The background of a cell (from 0), with reverse video taken into account: a number that is the same for the same colour.
uint32_t console_background(struct console *console, unsigned row, unsigned column);

// The selected line of a list: of the rows FIRST to LAST, the one whose text has another background (by colour or
// reverse video) than most of the rows around it. -1 if no row or more than one has.
int console_selected_row(struct console *console, unsigned first, unsigned last);
