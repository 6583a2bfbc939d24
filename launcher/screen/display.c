// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/display.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/screen/terminal.h"
#include "launcher/screen/view.h"

enum {
        REDRAW_MS = 100,
        LINE_LIMIT = 240, // bytes of the console's last line
};

struct display {
        char *what, *waiting;
        int percent;
        char console_line[LINE_LIMIT];
        uint64_t began, drawn; // milliseconds
        bool silent, living, paused, on_screen;
        struct console *console; // NULL if its screen is not shown
        struct view *view;
        unsigned columns, rows;
        struct text steps; // while the screen is shown
};

struct display *display_begin(const char *what)
{
        struct display *display = memory_new(1, sizeof *display);
        *display = (struct display){
                .what = memory_text(what ? what : ""),
                .silent = !what,
                .waiting = memory_text(""),
                .percent = -1,
                .began = time_now_ms(),
                .living = what && progress_on_terminal(),
        };
        return display;
}

static void erase(struct display *display)
{
        if (display->on_screen)
                fputs("\r\033[K", stderr);
        display->on_screen = false;
}

static void add_time(const struct display *display, struct text *line)
{
        uint64_t ms = time_now_ms() - display->began;
        text_add_format(line, "%-7s %4llu.%llu s  ", display->what, (unsigned long long)ms / 1000,
                        (unsigned long long)ms % 1000 / 100);
}

void display_step(struct display *display, const char *format, ...)
{
        AUTO_TEXT struct text line = {0};
        va_list arguments;
        if (display->silent)
                return;
        va_start(arguments, format);
        AUTO_FREE char *text = text_format_list(format, arguments);
        va_end(arguments);
        add_time(display, &line);
        text_add_format(&line, "%s\n", text);
        if (display->view) {
                text_add(&display->steps, text_string(&line));
                return;
        }
        erase(display);
        fputs(text_string(&line), stderr);
}

void display_waiting(struct display *display, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        free(display->waiting);
        display->waiting = text_format_list(format, arguments);
        va_end(arguments);
        display->drawn = 0;
        display_tick(display);
}

void display_percent(struct display *display, int percent)
{
        display->percent = percent;
}

void display_console_line(struct display *display, const char *line)
{
        static const char frame[] = "│";
        while (*line == ' ' || *line == '|' || text_starts_with(line, frame))
                line += text_starts_with(line, frame) ? strlen(frame) : 1;
        if (!line[strspn(line, "+- |")])
                return; // a row of a box without text
        size_t length = strnlen(line, LINE_LIMIT - 1);
        while (length && ((unsigned char)line[length] & 0xC0) == 0x80)
                length--;
        memcpy(display->console_line, line, length);
        display->console_line[length] = '\0';
}

// The bytes of at most COLUMNS characters of TEXT.
static int bytes_for(const char *text, unsigned columns)
{
        size_t length = 0;
        for (unsigned column = 0; text[length] && column < columns; column++) {
                do
                        length++;
                while (((unsigned char)text[length] & 0xC0) == 0x80);
        }
        return (int)length;
}

static void add_living_line(const struct display *display, struct text *line)
{
        add_time(display, line);
        text_add(line, display->waiting);
        if (display->percent >= 0)
                text_add_format(line, "  %d %%", display->percent);
        if (*display->console_line && !display->view)
                text_add_format(line, "  | %s", display->console_line);
}

static void draw_screen(struct display *display, const char *line)
{
        AUTO_TEXT struct text picture = {0};
        unsigned columns = progress_columns();
        unsigned rows = progress_rows();
        if (columns != display->columns || rows != display->rows)
                view_resize(display->view, columns, rows);
        display->columns = columns;
        display->rows = rows;
        view_status(display->view, line, true);
        view_draw(display->view, display->console, &picture);
        fwrite(text_string(&picture), 1, picture.length, stderr);
        fflush(stderr);
}

uint64_t display_due_us(const struct display *display)
{
        return display->living && !display->paused ? (display->drawn + REDRAW_MS) * 1000 : UINT64_MAX;
}

void display_tick(struct display *display)
{
        uint64_t now = time_now_ms();
        if (now * 1000 < display_due_us(display))
                return;
        AUTO_TEXT struct text line = {0};
        display->drawn = now;
        add_living_line(display, &line);
        if (display->view) {
                draw_screen(display, text_string(&line));
                return;
        }
        erase(display);
        const char *text = text_string(&line);
        fprintf(stderr, "%.*s", bytes_for(text, progress_columns() - 1), text);
        fflush(stderr);
        display->on_screen = true;
}

void display_pause(struct display *display)
{
        erase(display);
        if (display->view)
                fputs(TERMINAL_LEAVE, stderr);
        display->paused = true;
}

void display_resume(struct display *display)
{
        display->paused = false;
        if (!display->view)
                return;
        fputs(TERMINAL_ENTER, stderr);
        view_resize(display->view, display->columns, display->rows);
}

static void end_watch(struct display *display)
{
        if (!display->view)
                return;
        view_free(&display->view);
        fprintf(stderr, "%s%s", TERMINAL_LEAVE, text_string(&display->steps));
        text_clear(&display->steps);
        display->console = NULL;
}

void display_watch(struct display *display, struct console *console)
{
        end_watch(display);
        if (!console || !display->living)
                return;
        erase(display);
        display->console = console;
        display->view = view_new(display->columns = progress_columns(), display->rows = progress_rows());
        fputs(TERMINAL_ENTER, stderr);
}

void display_end(struct display **display)
{
        if (!*display)
                return;
        end_watch(*display);
        erase(*display);
        fflush(stderr);
        free((*display)->what);
        free((*display)->waiting);
        text_free(&(*display)->steps);
        free(*display);
        *display = NULL;
}
