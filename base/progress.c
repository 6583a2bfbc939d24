// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"

enum {
        SHOW_AFTER_MS = 500,
        REDRAW_MS = 100,
        BAR_CELLS = 24,
        DEFAULT_COLUMNS = 80,
        DEFAULT_ROWS = 24,
};

struct progress {
        char *label;
        uint64_t total, done;
        uint64_t before; // bytes that were there when it began
        bool moved;
        uint64_t began, drawn; // milliseconds
        bool visible, on_screen;
};

bool progress_on_terminal(void)
{
        const char *term = getenv("TERM");
        return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

bool progress_in_colour(void)
{
        const char *no_colour = getenv("NO_COLOR");
        return progress_on_terminal() && !(no_colour && *no_colour);
}

unsigned progress_columns(void)
{
        struct winsize size;
        return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : DEFAULT_COLUMNS;
}

unsigned progress_rows(void)
{
        struct winsize size;
        return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : DEFAULT_ROWS;
}

struct progress *progress_begin(const char *label, uint64_t total)
{
        struct progress *progress = memory_new(1, sizeof *progress);
        *progress = (struct progress){
                .label = memory_text(label),
                .total = total,
                .began = time_now_ms(),
                .visible = progress_on_terminal(),
        };
        return progress;
}

void progress_total(struct progress *progress, uint64_t total)
{
        progress->total = total;
}

static void add_bar(struct text *line, uint64_t done, uint64_t total)
{
        unsigned filled = (unsigned)((double)done / (double)total * BAR_CELLS);
        text_add(line, " [");
        for (unsigned i = 0; i < BAR_CELLS; i++)
                text_add_char(line, i < filled ? '#' : '.');
        text_add_format(line, "] %3u %%", (unsigned)((double)done / (double)total * 100));
}

static void draw(struct progress *progress, uint64_t now)
{
        AUTO_TEXT struct text line = {0};
        AUTO_FREE char *done = text_size(progress->done);
        uint64_t elapsed = now - progress->began;
        uint64_t moved = progress->done - progress->before;
        AUTO_FREE char *rate = text_size(elapsed ? moved * 1000 / elapsed : 0);
        text_add(&line, progress->label);
        if (progress->total)
                add_bar(&line, progress->done < progress->total ? progress->done : progress->total, progress->total);
        text_add_format(&line, "  %s  %s/s", done, rate);
        if (progress->total > progress->done && moved) {
                uint64_t left_ms =
                        (uint64_t)((double)(progress->total - progress->done) / (double)moved * (double)elapsed);
                AUTO_FREE char *left = text_duration(left_ms);
                text_add_format(&line, "  %s left", left);
        }
        fprintf(stderr, "\r%.*s\033[K", (int)progress_columns() - 1, text_string(&line));
        fflush(stderr);
        progress->drawn = now;
        progress->on_screen = true;
}

void progress_update(struct progress *progress, uint64_t done)
{
        if (!progress->moved || done < progress->before)
                progress->before = done;
        progress->moved = true;
        progress->done = done;
        if (!progress->visible)
                return;
        uint64_t now = time_now_ms();
        if (now - progress->began >= SHOW_AFTER_MS && now - progress->drawn >= REDRAW_MS)
                draw(progress, now);
}

void progress_end(struct progress **progress)
{
        if (!*progress)
                return;
        if ((*progress)->on_screen) {
                fputs("\r\033[K", stderr);
                fflush(stderr);
        }
        free((*progress)->label);
        free(*progress);
        *progress = NULL;
}
