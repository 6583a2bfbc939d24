// SPDX-License-Identifier: Apache-2.0
#include "launcher/display.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/time.h"

enum {
        REDRAW_MS = 100
};

struct display {
        char *what, *waiting;
        int percent;
        uint64_t began, drawn; // milliseconds
        bool living, on_screen;
};

struct display *display_begin(const char *what)
{
        struct display *display = memory_new(1, sizeof *display);
        *display = (struct display){
                .what = memory_text(what),
                .waiting = memory_text(""),
                .percent = -1,
                .began = time_now_ms(),
                .living = progress_on_terminal(),
        };
        return display;
}

static void erase(struct display *display)
{
        if (display->on_screen)
                fputs("\r\033[K", stderr);
        display->on_screen = false;
}

static void print_time(const struct display *display)
{
        uint64_t ms = time_now_ms() - display->began;
        fprintf(stderr, "%s %4llu.%llu s  ", display->what, (unsigned long long)ms / 1000,
                (unsigned long long)ms % 1000 / 100);
}

void display_step(struct display *display, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *text = text_format_list(format, arguments);
        va_end(arguments);
        erase(display);
        print_time(display);
        fprintf(stderr, "%s\n", text);
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

void display_tick(struct display *display)
{
        uint64_t now = time_now_ms();
        if (!display->living || now - display->drawn < REDRAW_MS)
                return;
        display->drawn = now;
        erase(display);
        AUTO_TEXT struct text line = {0};
        uint64_t ms = now - display->began;
        text_add_format(&line, "%s %4llu.%llu s  %s", display->what, (unsigned long long)ms / 1000,
                        (unsigned long long)ms % 1000 / 100, display->waiting);
        if (display->percent >= 0)
                text_add_format(&line, "  %d %%", display->percent);
        fprintf(stderr, "%.*s", (int)progress_columns() - 1, text_string(&line));
        fflush(stderr);
        display->on_screen = true;
}

void display_end(struct display **display)
{
        if (!*display)
                return;
        erase(*display);
        fflush(stderr);
        free((*display)->what);
        free((*display)->waiting);
        free(*display);
        *display = NULL;
}
