// SPDX-License-Identifier: Apache-2.0
//
// The guest's screen: what a terminal of 80 by 24 cells shows of the serial console's bytes, by libvterm.
//
// What is matched is what stands on the screen, not the stream of bytes: a guest redraws, moves the cursor and changes
// colours as it likes.
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

// Draws SIZE more bytes of the guest's, which came just now.
void console_feed(struct console *console, const void *data, size_t size);

// The same for bytes of which the last came at CAME_US, on the clock of time_now_us.
void console_feed_at(struct console *console, const void *data, size_t size, uint64_t came_us);

// The whole screen as UTF-8, a line a row, without trailing blanks. Belongs to the console, until the next console_feed.
const char *console_text(struct console *console);

// One row (from 0) of that, the same way.
const char *console_row(struct console *console, unsigned row);

// The same as it looks: with the sequences (SGR) that give a terminal the colours and attributes of the screen, and no other
// ones. A row begins and ends with a terminal's own plain rendition, stands for itself, and may be printed on any terminal:
// no control character of the guest's is in it.
const char *console_text_ansi(struct console *console);
const char *console_row_ansi(struct console *console, unsigned row);

// Where the cursor is (from 0), and whether the guest lets it be seen. Each must not be NULL.
void console_cursor(const struct console *console, unsigned *row, unsigned *column, bool *visible);

// A number that is the same whenever the screen looks the same: characters, colours and attributes, not the cursor.
uint64_t console_picture(struct console *console);

// The same for one row (from 0).
uint64_t console_row_picture(struct console *console, unsigned row);

// When the screen last changed its looks, on the clock of time_now_us. Redrawing the same content is not a change.
uint64_t console_changed_us(struct console *console);

// Of the rows FIRST to LAST, the one whose text is drawn on another background than most of the rows around it, by
// colour or by reverse video: the selected line of a list. -1 if there is no such row, or more than one.
int console_selected_row(struct console *console, unsigned first, unsigned last);
