// SPDX-License-Identifier: Apache-2.0
#include "launcher/console.h"

#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"

enum {
        LIST_MARGIN = 3
}; // rows above and below a list that are drawn like its rows

struct console {
        VTerm *terminal;
        VTermScreen *screen;
        bool damaged; // since the picture was last taken
        uint64_t picture, changed_us, fed_us;
        struct text text;
        char *rows[CONSOLE_ROWS];
};

static int note_damage(VTermRect rectangle, void *user)
{
        (void)rectangle;
        struct console *console = user;
        console->damaged = true;
        return 1;
}

static int note_scroll(VTermRect destination, VTermRect source, void *user)
{
        (void)source;
        return note_damage(destination, user);
}

static const VTermScreenCallbacks callbacks = {.damage = note_damage, .moverect = note_scroll};

struct console *console_new(void)
{
        struct console *console = memory_new(1, sizeof *console);
        console->terminal = vterm_new(CONSOLE_ROWS, CONSOLE_COLUMNS);
        vterm_set_utf8(console->terminal, 1);
        console->screen = vterm_obtain_screen(console->terminal);
        vterm_screen_set_callbacks(console->screen, &callbacks, console);
        vterm_screen_set_damage_merge(console->screen, VTERM_DAMAGE_SCREEN);
        vterm_screen_enable_altscreen(console->screen, 1);
        vterm_screen_reset(console->screen, 1);
        console->damaged = true;
        console->fed_us = time_now_us();
        return console;
}

void console_free(struct console **console)
{
        if (!*console)
                return;
        vterm_free((*console)->terminal);
        text_free(&(*console)->text);
        for (size_t i = 0; i < CONSOLE_ROWS; i++)
                free((*console)->rows[i]);
        free(*console);
        *console = NULL;
}

static VTermScreenCell cell_at(struct console *console, int row, int column)
{
        VTermScreenCell cell = {0};
        vterm_screen_get_cell(console->screen, (VTermPos){.row = row, .col = column}, &cell);
        return cell;
}

// FNV-1a over 32-bit words: quick, and a collision would only delay a key until the next change.
static uint64_t mix(uint64_t hash, uint32_t word)
{
        return (hash ^ word) * 0x100000001B3u;
}

static uint32_t colour_word(const VTermColor *colour)
{
        if (VTERM_COLOR_IS_INDEXED(colour))
                return (uint32_t)colour->type << 24 | colour->indexed.idx;
        return (uint32_t)colour->type << 24 | (uint32_t)colour->rgb.red << 16 | (uint32_t)colour->rgb.green << 8 |
               colour->rgb.blue;
}

static uint64_t mix_cell(uint64_t hash, const VTermScreenCell *cell)
{
        hash = mix(hash, cell->chars[0] ? cell->chars[0] : ' ');
        for (size_t i = 1; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i - 1] && cell->chars[i]; i++)
                hash = mix(hash, cell->chars[i]);
        hash = mix(hash, colour_word(&cell->fg));
        hash = mix(hash, colour_word(&cell->bg));
        VTermScreenCellAttrs looks = cell->attrs;
        return mix(hash, looks.reverse | looks.bold << 1 | looks.underline << 2 | looks.italic << 4 | looks.blink << 5 |
                                 looks.strike << 6);
}

static void take_picture(struct console *console)
{
        if (!console->damaged)
                return;
        console->damaged = false;
        uint64_t picture = 0xCBF29CE484222325u;
        for (int row = 0; row < CONSOLE_ROWS; row++) {
                for (int column = 0; column < CONSOLE_COLUMNS; column++) {
                        VTermScreenCell cell = cell_at(console, row, column);
                        picture = mix_cell(picture, &cell);
                }
        }
        if (picture != console->picture)
                console->changed_us = console->fed_us;
        console->picture = picture;
}

void console_feed(struct console *console, const void *data, size_t size)
{
        console->fed_us = time_now_us();
        vterm_input_write(console->terminal, data, size);
        vterm_screen_flush_damage(console->screen);
        // What the terminal would answer to a query goes nowhere: the guest talks to a person's terminal, not to one.
        char ignored[64];
        while (vterm_output_read(console->terminal, ignored, sizeof ignored))
                ;
}

// What a cell shows. A control character that came as UTF-8 must not steer the terminal of whoever prints the screen.
static uint32_t character_of(const VTermScreenCell *cell)
{
        uint32_t character = cell->chars[0] ? cell->chars[0] : ' ';
        return character < ' ' || (character >= 0x7F && character < 0xA0) ? 0xFFFD : character;
}

const char *console_row(struct console *console, unsigned row)
{
        struct text text = {0};
        size_t trimmed = 0;
        for (int column = 0; column < CONSOLE_COLUMNS; column++) {
                VTermScreenCell cell = cell_at(console, (int)row, column);
                // The right half of a wide character has no character of its own.
                if (cell.chars[0] == (uint32_t)-1)
                        continue;
                text_add_utf8(&text, character_of(&cell));
                if (cell.chars[0] && cell.chars[0] != ' ')
                        trimmed = text.length;
        }
        text.data[trimmed] = '\0';
        free(console->rows[row]);
        console->rows[row] = text_take(&text);
        return console->rows[row];
}

const char *console_text(struct console *console)
{
        text_clear(&console->text);
        size_t trimmed = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                const char *line = console_row(console, row);
                text_add(&console->text, line);
                text_add_char(&console->text, '\n');
                if (*line)
                        trimmed = console->text.length;
        }
        console->text.data[trimmed] = '\0';
        console->text.length = trimmed;
        return text_string(&console->text);
}

uint64_t console_picture(struct console *console)
{
        take_picture(console);
        return console->picture;
}

uint64_t console_row_picture(struct console *console, unsigned row)
{
        uint64_t picture = 0xCBF29CE484222325u;
        for (int column = 0; column < CONSOLE_COLUMNS; column++) {
                VTermScreenCell cell = cell_at(console, (int)row, column);
                picture = mix_cell(picture, &cell);
        }
        return picture;
}

uint64_t console_changed_us(struct console *console)
{
        take_picture(console);
        return console->changed_us;
}

// What is behind the characters of a cell, reverse video taken into account.
static uint32_t background(struct console *console, unsigned row, unsigned column)
{
        VTermScreenCell cell = cell_at(console, (int)row, (int)column);
        return colour_word(cell.attrs.reverse ? &cell.fg : &cell.bg);
}

// The background of most of the rows around a list (Boyer and Moore's majority vote). A dialog may have one of its own,
// so it is not that of the whole screen that counts.
static uint32_t usual_background(struct console *console, unsigned first, unsigned last)
{
        unsigned begin = first > LIST_MARGIN ? first - LIST_MARGIN : 0;
        unsigned end = last + LIST_MARGIN < CONSOLE_ROWS ? last + LIST_MARGIN : CONSOLE_ROWS - 1;
        uint32_t candidate = 0;
        unsigned votes = 0;
        for (unsigned row = begin; row <= end; row++) {
                for (unsigned column = 0; column < CONSOLE_COLUMNS; column++) {
                        uint32_t vote = background(console, row, column);
                        if (!votes)
                                candidate = vote;
                        votes += vote == candidate ? 1 : (unsigned)-1;
                }
        }
        return candidate;
}

static bool has_letters_on_other_background(struct console *console, unsigned row, uint32_t usual)
{
        for (unsigned column = 0; column < CONSOLE_COLUMNS; column++) {
                VTermScreenCell cell = cell_at(console, (int)row, (int)column);
                if (cell.chars[0] > ' ' && cell.chars[0] < 0x7F && background(console, row, column) != usual)
                        return true;
        }
        return false;
}

int console_selected_row(struct console *console, unsigned first, unsigned last)
{
        uint32_t usual = usual_background(console, first, last);
        int selected = -1;
        for (unsigned row = first; row <= last; row++) {
                if (!has_letters_on_other_background(console, row, usual))
                        continue;
                if (selected >= 0)
                        return -1;
                selected = (int)row;
        }
        return selected;
}
