// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// The cursor as the terminal shows it, counted from 1.
struct cursor_at {
        unsigned row, column;
        bool visible;
};

struct view {
        unsigned columns, rows;
        bool cleared; // `shown` describes the terminal
        char *shown[CONSOLE_ROWS];
        char *status, *shown_status;
        bool insists;
        unsigned first; // the console's row at the top
        struct cursor_at cursor;
};

struct view *view_new(unsigned columns, unsigned rows)
{
        struct view *view = memory_new(1, sizeof *view);
        view->status = memory_text("");
        view_resize(view, columns, rows);
        return view;
}

static void forget(struct view *view)
{
        for (size_t i = 0; i < CONSOLE_ROWS; i++) {
                free(view->shown[i]);
                view->shown[i] = NULL;
        }
        free(view->shown_status);
        view->shown_status = NULL;
        view->cleared = false;
}

void view_free(struct view **view)
{
        if (!*view)
                return;
        forget(*view);
        free((*view)->status);
        free(*view);
        *view = NULL;
}

void view_resize(struct view *view, unsigned columns, unsigned rows)
{
        view->columns = columns ? columns : 1;
        view->rows = rows ? rows : 1;
        forget(view);
}

void view_status(struct view *view, const char *text, bool insists)
{
        free(view->status);
        view->status = memory_text(text);
        if (insists != view->insists)
                forget(view);
        view->insists = insists;
}

// How many of the terminal's rows show the guest's screen.
static unsigned screen_rows(const struct view *view)
{
        unsigned rows = view->rows < CONSOLE_ROWS ? view->rows : CONSOLE_ROWS;
        return view->insists && rows == view->rows && rows > 1 ? rows - 1 : rows;
}

// A terminal with fewer rows shows those around the cursor.
static void scroll_to_cursor(struct view *view, unsigned cursor_row)
{
        unsigned rows = screen_rows(view);
        unsigned first = view->first + rows > CONSOLE_ROWS ? CONSOLE_ROWS - rows : view->first;
        if (cursor_row < first)
                first = cursor_row;
        if (cursor_row >= first + rows)
                first = cursor_row - rows + 1;
        if (first != view->first)
                forget(view);
        view->first = first;
}

// Line wrapping is switched off for a terminal that is narrower than the screen.
static void clear(struct view *view, struct text *out)
{
        if (!view->cleared)
                text_add(out, "\033[0m\033[?7l\033[2J");
        view->cleared = true;
}

static void draw_row(struct view *view, struct console *console, unsigned row, struct text *out)
{
        const char *wanted = console_row_ansi(console, row);
        char **shown = &view->shown[row];
        if (*shown && strcmp(*shown, wanted) == 0)
                return;
        text_add_format(out, "\033[%u;1H\033[K%s", row - view->first + 1, wanted);
        free(*shown);
        *shown = memory_text(wanted);
}

static void draw_status(struct view *view, struct text *out)
{
        unsigned at = screen_rows(view) + 1;
        if (at > view->rows || (view->shown_status && strcmp(view->shown_status, view->status) == 0))
                return;
        text_add_format(out, "\033[%u;1H\033[7m", at);
        size_t length = 0; // cut at a character, not within one
        for (unsigned column = 0; view->status[length] && column < view->columns; column++) {
                do
                        length++;
                while (((unsigned char)view->status[length] & 0xC0) == 0x80);
        }
        text_add_span(out, view->status, length);
        text_add(out, "\033[0m\033[K");
        free(view->shown_status);
        view->shown_status = memory_text(view->status);
}

static struct cursor_at cursor_of(const struct view *view, unsigned row, unsigned column, bool visible)
{
        bool fits = row >= view->first && row < view->first + screen_rows(view) && column < view->columns;
        return (struct cursor_at){row - view->first + 1, column + 1, visible && fits};
}

static bool same_cursor(const struct cursor_at *a, const struct cursor_at *b)
{
        return a->visible == b->visible && (!a->visible || (a->row == b->row && a->column == b->column));
}

void view_draw(struct view *view, struct console *console, struct text *out)
{
        unsigned row;
        unsigned column;
        bool visible;
        AUTO_TEXT struct text changes = {0};
        console_cursor(console, &row, &column, &visible);
        scroll_to_cursor(view, row);
        clear(view, &changes);
        for (unsigned i = view->first; i < view->first + screen_rows(view); i++)
                draw_row(view, console, i, &changes);
        draw_status(view, &changes);
        struct cursor_at cursor = cursor_of(view, row, column, visible);
        if (!changes.length && same_cursor(&cursor, &view->cursor))
                return;
        text_add_format(out, "\033[?25l%s", text_string(&changes));
        if (cursor.visible)
                text_add_format(out, "\033[%u;%uH\033[?25h", cursor.row, cursor.column);
        view->cursor = cursor;
}
