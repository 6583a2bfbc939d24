// SPDX-License-Identifier: Apache-2.0
// An 80x24 screen on an ANSI terminal. Text goes into a grid of cells; screen_flush() sends the cells that changed,
// with a cursor move before each run: the byte stream never contains a screen as plain text. Pure: the bytes go to a
// sink.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SCREEN_ROWS    24
#define SCREEN_COLUMNS 80

enum style {
        STYLE_DESKTOP,
        STYLE_BANNER,
        STYLE_BOX,
        STYLE_TITLE,
        STYLE_KEYS,
        STYLE_SELECTED, // the only style in reverse video
        STYLE_FIELD,
        STYLE_ALERT,
        STYLE_BAR,
        STYLE_CONSOLE,
        STYLE_COUNT,
};

// Pieces of a frame, as characters of a text: plain ASCII, or lines in UTF-8 if the screen draws lines.
#define FRAME_ACROSS       '\x01'
#define FRAME_DOWN         '\x02'
#define FRAME_TOP_LEFT     '\x03'
#define FRAME_TOP_RIGHT    '\x04'
#define FRAME_BOTTOM_LEFT  '\x05'
#define FRAME_BOTTOM_RIGHT '\x06'

struct screen_sink {
        void *context;
        void (*write)(void *context, const char *bytes, size_t size);
        void (*row_drawn)(void *context); // after each row that changed
};

struct screen_cell {
        char character;
        unsigned char style;
};

struct screen {
        struct screen_sink sink;
        struct screen_cell wanted[SCREEN_ROWS][SCREEN_COLUMNS];
        struct screen_cell shown[SCREEN_ROWS][SCREEN_COLUMNS];
        size_t cursor_row, cursor_column;
        bool cursor_wanted, cursor_shown;
        bool draws_lines;
};

// Assumes a cleared terminal. Sends nothing.
void screen_open(struct screen *screen, struct screen_sink sink);

// Clears the terminal; the next flush sends the whole screen.
void screen_clear(struct screen *screen);

// Clears the terminal for plain lines: no colours, the cursor at the top.
void screen_close(struct screen *screen);

// Rows and columns count from 0. Text that does not fit is cut off.
void screen_fill(struct screen *screen, size_t row, size_t column, size_t rows, size_t columns, enum style style);
void screen_text(struct screen *screen, size_t row, size_t column, enum style style, const char *text);

// Shows the cursor there, from the next flush on, or hides it.
void screen_show_cursor(struct screen *screen, size_t row, size_t column);
void screen_hide_cursor(struct screen *screen);

void screen_flush(struct screen *screen);

// Sends an unchanged row again, as an idle installer does.
void screen_repaint(struct screen *screen, size_t row);
