// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/screen/screen.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"

// SGR parameters (ECMA-48, 8.3.117). Each begins with 0, so that it does not depend on the style before.
static const char *const renditions[STYLE_COUNT] = {
        [STYLE_DESKTOP] = "0;37;44", [STYLE_BANNER] = "0;1;33;44", [STYLE_BOX] = "0;30;47",
        [STYLE_TITLE] = "0;1;34;47", [STYLE_KEYS] = "0;1;30;47",   [STYLE_SELECTED] = "0;30;47;7",
        [STYLE_FIELD] = "0;37;40",   [STYLE_ALERT] = "0;1;31;47",  [STYLE_BAR] = "0;37;42",
        [STYLE_CONSOLE] = "0;30;43",
};

#define ESC "\x1B"

static const struct screen_cell blank = {.character = ' ', .style = STYLE_COUNT}; // a cleared cell has no style

static bool cell_equal(const struct screen_cell *a, const struct screen_cell *b)
{
        return a->character == b->character && a->style == b->style;
}

static void send(const struct screen *screen, const char *text)
{
        screen->sink.write(screen->sink.context, text, text_length(text));
}

static void forget_shown(struct screen *screen)
{
        for (size_t row = 0; row < SCREEN_ROWS; row++)
                for (size_t column = 0; column < SCREEN_COLUMNS; column++)
                        screen->shown[row][column] = blank;
}

void screen_open(struct screen *screen, struct screen_sink sink)
{
        screen->sink = sink;
        screen->cursor_wanted = screen->cursor_shown = screen->draws_lines = false;
        screen_fill(screen, 0, 0, SCREEN_ROWS, SCREEN_COLUMNS, STYLE_DESKTOP);
        forget_shown(screen);
}

void screen_clear(struct screen *screen)
{
        send(screen, ESC "[0m" ESC "[2J" ESC "[1;1H" ESC "[?25l");
        screen->cursor_shown = false;
        forget_shown(screen);
}

void screen_close(struct screen *screen)
{
        send(screen, ESC "[0m" ESC "[2J" ESC "[1;1H" ESC "[?25h");
        screen->cursor_wanted = screen->cursor_shown = false;
        forget_shown(screen);
}

static void put(struct screen *screen, size_t row, size_t column, enum style style, char character)
{
        if (row < SCREEN_ROWS && column < SCREEN_COLUMNS)
                screen->wanted[row][column] =
                        (struct screen_cell){.character = character, .style = (unsigned char)style};
}

void screen_fill(struct screen *screen, size_t row, size_t column, size_t rows, size_t columns, enum style style)
{
        for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < columns; j++)
                        put(screen, row + i, column + j, style, ' ');
}

void screen_text(struct screen *screen, size_t row, size_t column, enum style style, const char *text)
{
        for (size_t i = 0; text[i]; i++)
                put(screen, row, column + i, style, text[i]);
}

static const struct {
        const char *ascii, *line;
} frame_pieces[] = {
        [FRAME_ACROSS] = {"-", "\xE2\x94\x80"},      [FRAME_DOWN] = {"|", "\xE2\x94\x82"},
        [FRAME_TOP_LEFT] = {"+", "\xE2\x94\x8C"},    [FRAME_TOP_RIGHT] = {"+", "\xE2\x94\x90"},
        [FRAME_BOTTOM_LEFT] = {"+", "\xE2\x94\x94"}, [FRAME_BOTTOM_RIGHT] = {"+", "\xE2\x94\x98"},
};

#define CELL_SIZE 3 // bytes of a piece of a frame

static size_t put_cell(const struct screen *screen, char *out, char character)
{
        if ((unsigned char)character > FRAME_BOTTOM_RIGHT) {
                *out = character;
                return 1;
        }
        const char *piece =
                screen->draws_lines ? frame_pieces[(size_t)character].line : frame_pieces[(size_t)character].ascii;
        size_t size = text_length(piece);
        memcpy(out, piece, size);
        return size;
}

// Sends the cells [FROM, TO) of a row, which have one style.
static void send_run(struct screen *screen, size_t row, size_t from, size_t to)
{
        const struct screen_cell *cells = screen->wanted[row];
        char bytes[CELL_SIZE * SCREEN_COLUMNS + 32];
        size_t used = text_format(bytes, sizeof bytes, ESC "[%u;%uH" ESC "[%sm", (unsigned)row + 1, (unsigned)from + 1,
                                  renditions[cells[from].style]);
        for (size_t i = from; i < to; i++)
                used += put_cell(screen, bytes + used, cells[i].character);
        screen->sink.write(screen->sink.context, bytes, used);
}

// Sends the cells that changed, and returns whether there were any.
static bool flush_row(struct screen *screen, size_t row)
{
        struct screen_cell *wanted = screen->wanted[row];
        struct screen_cell *shown = screen->shown[row];
        // Writing the last cell of the last row would scroll some terminals.
        size_t end = row + 1 < SCREEN_ROWS ? SCREEN_COLUMNS : SCREEN_COLUMNS - 1;
        bool changed = false;
        for (size_t from = 0; from < end; from++) {
                if (cell_equal(&wanted[from], &shown[from]))
                        continue;
                size_t to = from + 1;
                while (to < end && wanted[to].style == wanted[from].style && !cell_equal(&wanted[to], &shown[to]))
                        to++;
                send_run(screen, row, from, to);
                memcpy(shown + from, wanted + from, (to - from) * sizeof *shown);
                from = to - 1;
                changed = true;
        }
        return changed;
}

void screen_show_cursor(struct screen *screen, size_t row, size_t column)
{
        // It has to be placed anew.
        screen->cursor_shown &= screen->cursor_row == row && screen->cursor_column == column;
        screen->cursor_row = row;
        screen->cursor_column = column;
        screen->cursor_wanted = true;
}

void screen_hide_cursor(struct screen *screen)
{
        screen->cursor_wanted = false;
}

// Puts the cursor where it is wanted, from where it was if rows were DRAWN.
static void place_cursor(struct screen *screen, bool drawn)
{
        char bytes[32];
        if (screen->cursor_wanted && (drawn || !screen->cursor_shown)) {
                text_format(bytes, sizeof bytes, ESC "[%u;%uH" ESC "[?25h", (unsigned)screen->cursor_row + 1,
                            (unsigned)screen->cursor_column + 1);
                send(screen, bytes);
        } else if (!screen->cursor_wanted && screen->cursor_shown) {
                send(screen, ESC "[?25l");
        }
        screen->cursor_shown = screen->cursor_wanted;
}

void screen_flush(struct screen *screen)
{
        bool drawn = false;
        for (size_t row = 0; row < SCREEN_ROWS; row++) {
                if (!flush_row(screen, row))
                        continue;
                screen->sink.row_drawn(screen->sink.context);
                drawn = true;
        }
        place_cursor(screen, drawn);
}

void screen_repaint(struct screen *screen, size_t row)
{
        for (size_t column = 0; column < SCREEN_COLUMNS; column++)
                screen->shown[row][column] = blank;
        place_cursor(screen, flush_row(screen, row));
}
