// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/console.h"

#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/screen/rendition.h"
#include "launcher/screen/vterm-guard.h"

enum {
        LIST_MARGIN = 3, // rows above and below a list with the same background
        SCALE_COLUMNS = 4,
        RIGHT_HALF = UINT32_MAX, // what libvterm has in the second cell of a wide character
};

// What is known about a row of the screen: computed on demand, and kept until the row changes.
enum aspect {
        ASPECT_CELLS,
        ASPECT_PICTURE,
        ASPECT_TEXT,
        ASPECT_ANSI,
        ASPECT_COUNT
};

// A cell and the character that it shows; 0 for the right half of a wide character.
struct shown {
        VTermScreenCell cell;
        uint32_t character;
        bool wide;
};

struct row {
        bool known[ASPECT_COUNT];
        struct shown cells[CONSOLE_COLUMNS];
        uint64_t picture;
        struct text text, ansi;
};

struct console {
        VTerm *terminal, *scale; // SCALE measures the width of single characters
        VTermScreen *screen;
        struct vterm_guard guard;
        bool damaged; // since the picture was last taken
        bool cursor_visible;
        uint64_t picture, changed_us, fed_us, damaged_us;
        struct row rows[CONSOLE_ROWS];
        struct text text, ansi;
};

static int note_damage(VTermRect rectangle, void *user)
{
        struct console *console = user;
        console->damaged = true;
        console->damaged_us = console->fed_us;
        for (int row = rectangle.start_row; row < rectangle.end_row && row < CONSOLE_ROWS; row++)
                memset(console->rows[row].known, 0, sizeof console->rows[row].known);
        return 1;
}

static int note_scroll(VTermRect destination, VTermRect source, void *user)
{
        note_damage(source, user);
        return note_damage(destination, user);
}

static int note_property(VTermProp property, VTermValue *value, void *user)
{
        struct console *console = user;
        if (property == VTERM_PROP_CURSORVISIBLE)
                console->cursor_visible = value->boolean;
        return 1;
}

static const VTermScreenCallbacks callbacks = {
        .damage = note_damage, .moverect = note_scroll, .settermprop = note_property};

struct console *console_new(void)
{
        struct console *console = memory_new(1, sizeof *console);
        console->terminal = vterm_new(CONSOLE_ROWS, CONSOLE_COLUMNS);
        vterm_set_utf8(console->terminal, 1);
        console->screen = vterm_obtain_screen(console->terminal);
        vterm_screen_set_callbacks(console->screen, &callbacks, console);
        vterm_screen_set_damage_merge(console->screen, VTERM_DAMAGE_ROW);
        vterm_screen_enable_altscreen(console->screen, 1);
        vterm_screen_reset(console->screen, 1);
        console->damaged = true;
        console->fed_us = console->damaged_us = time_now_us();
        return console;
}

void console_free(struct console **console)
{
        if (!*console)
                return;
        vterm_free((*console)->terminal);
        if ((*console)->scale)
                vterm_free((*console)->scale);
        text_free(&(*console)->text);
        text_free(&(*console)->ansi);
        for (size_t i = 0; i < CONSOLE_ROWS; i++) {
                text_free(&(*console)->rows[i].text);
                text_free(&(*console)->rows[i].ansi);
        }
        free(*console);
        *console = NULL;
}

static VTermScreenCell cell_at(struct console *console, int row, int column)
{
        VTermScreenCell cell = {0};
        vterm_screen_get_cell(console->screen, (VTermPos){.row = row, .col = column}, &cell);
        return cell;
}

// How many columns CHARACTER takes in libvterm: 0 if it combines with the one before.
static int width_of(struct console *console, uint32_t character)
{
        int known = vterm_guard_columns(character);
        if (known)
                return known;
        if (!console->scale) {
                console->scale = vterm_new(1, SCALE_COLUMNS);
                vterm_set_utf8(console->scale, 1);
                vterm_state_reset(vterm_obtain_state(console->scale), 1);
        }
        // The blank keeps it from combining with the characters measured before.
        AUTO_TEXT struct text text = {0};
        text_add(&text, "\033c ");
        text_add_utf8(&text, character);
        vterm_input_write(console->scale, text.data, text.length);
        VTermPos cursor;
        vterm_state_get_cursorpos(vterm_obtain_state(console->scale), &cursor);
        return cursor.col - 1;
}

// What the cell in COLUMN shows, given the cell before it. Half of an overwritten wide character counts as a blank, as
// does a combining character with nothing to combine with, and a control character in UTF-8, which must not reach a
// terminal.
static struct shown shown_at(struct console *console, unsigned row, int column, const struct shown *before)
{
        struct shown shown = {.cell = cell_at(console, (int)row, column)};
        uint32_t character = shown.cell.chars[0] ? shown.cell.chars[0] : ' ';
        // In a right half, libvterm keeps the attributes of what was there before.
        if (character == RIGHT_HALF && before->wide)
                return (struct shown){.cell = before->cell};
        if (character == RIGHT_HALF)
                character = ' ';
        if (character < ' ' || (character >= 0x7F && character < 0xA0) || character > 0x10FFFF)
                character = 0xFFFD;
        int width = width_of(console, character);
        shown.wide = width == 2 && shown.cell.width == 2;
        shown.character = width == 1 || shown.wide ? character : ' ';
        return shown;
}

// Whether ASPECT of ROW must be computed, which the caller then does.
static bool is_asked_anew(struct row *row, enum aspect aspect)
{
        bool known = row->known[aspect];
        row->known[aspect] = true;
        return !known;
}

// The CONSOLE_COLUMNS cells of a row.
static const struct shown *shown_in(struct console *console, unsigned number)
{
        static const struct shown nothing;
        struct row *row = &console->rows[number];
        if (!is_asked_anew(row, ASPECT_CELLS))
                return row->cells;
        for (int column = 0; column < CONSOLE_COLUMNS; column++)
                row->cells[column] = shown_at(console, number, column, column ? &row->cells[column - 1] : &nothing);
        return row->cells;
}

static bool is_blank(const struct shown *shown)
{
        return shown->character == ' ' && (shown->cell.chars[0] != ' ' || !shown->cell.chars[1]);
}

// Whether a cell looks like one where nothing was ever written.
static bool is_unseen(const struct shown *shown)
{
        return is_blank(shown) && rendition_hides_blanks(&shown->cell);
}

// FNV-1a over words: quick, and a collision would only delay a key until the next change.
static const uint64_t FNV_BEGIN = 0xCBF29CE484222325u;

static uint64_t mix(uint64_t hash, uint64_t word)
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

static uint64_t mix_shown(uint64_t hash, const struct shown *shown)
{
        const VTermScreenCell *cell = &shown->cell;
        hash = mix(hash, shown->character);
        if (!shown->character || is_unseen(shown))
                return hash;
        for (size_t i = 1; shown->character == cell->chars[0] && i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
                hash = mix(hash, cell->chars[i]);
        hash = mix(hash, colour_word(&cell->fg));
        hash = mix(hash, colour_word(&cell->bg));
        VTermScreenCellAttrs looks = cell->attrs;
        return mix(hash, looks.reverse | looks.bold << 1 | looks.underline << 2 | looks.italic << 4 | looks.blink << 5 |
                                 looks.strike << 6);
}

uint64_t console_row_picture(struct console *console, unsigned number)
{
        struct row *row = &console->rows[number];
        if (!is_asked_anew(row, ASPECT_PICTURE))
                return row->picture;
        const struct shown *cells = shown_in(console, number);
        uint64_t picture = FNV_BEGIN;
        for (int column = 0; column < CONSOLE_COLUMNS; column++)
                picture = mix_shown(picture, &cells[column]);
        row->picture = picture;
        return picture;
}

static void take_picture(struct console *console)
{
        if (!console->damaged)
                return;
        console->damaged = false;
        uint64_t picture = FNV_BEGIN;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++)
                picture = mix(picture, console_row_picture(console, row));
        if (picture != console->picture)
                console->changed_us = console->damaged_us;
        console->picture = picture;
}

void console_feed(struct console *console, const void *data, size_t size)
{
        console_feed_at(console, data, size, time_now_us());
}

void console_feed_at(struct console *console, const void *data, size_t size, uint64_t came_us)
{
        // libvterm's answers to queries are dropped.
        char ignored[64];
        console->fed_us = came_us;
        vterm_guard_write(&console->guard, console->terminal, data, size);
        while (vterm_output_read(console->terminal, ignored, sizeof ignored))
                ;
        vterm_screen_flush_damage(console->screen);
}

static void add_shown(struct text *text, const struct shown *shown)
{
        const uint32_t *characters = shown->cell.chars;
        text_add_utf8(text, shown->character);
        for (size_t i = 1; shown->character == characters[0] && i < VTERM_MAX_CHARS_PER_CELL && characters[i]; i++)
                text_add_utf8(text, characters[i]);
}

const char *console_row(struct console *console, unsigned row)
{
        struct text *text = &console->rows[row].text;
        if (!is_asked_anew(&console->rows[row], ASPECT_TEXT))
                return text_string(text);
        text_clear(text);
        size_t trimmed = 0;
        const struct shown *cells = shown_in(console, row);
        for (const struct shown *shown = cells; shown < cells + CONSOLE_COLUMNS; shown++) {
                if (!shown->character)
                        continue;
                add_shown(text, shown);
                if (!is_blank(shown))
                        trimmed = text->length;
        }
        text_truncate(text, trimmed);
        return text_string(text);
}

const char *console_row_ansi(struct console *console, unsigned row)
{
        struct text *text = &console->rows[row].ansi;
        if (!is_asked_anew(&console->rows[row], ASPECT_ANSI))
                return text_string(text);
        text_clear(text);
        size_t trimmed = 0;
        bool plain = true;
        const struct shown *cells = shown_in(console, row);
        for (const struct shown *shown = cells; shown < cells + CONSOLE_COLUMNS; shown++) {
                bool changes = shown == cells ? !rendition_is_plain(&shown->cell)
                                              : !rendition_equal(&shown->cell, &shown[-1].cell);
                if (changes) {
                        rendition_add(text, &shown->cell);
                        plain = false;
                }
                if (!shown->character)
                        continue;
                add_shown(text, shown);
                if (!is_unseen(shown))
                        trimmed = text->length;
        }
        text_truncate(text, trimmed);
        if (trimmed && !plain)
                text_add(text, RENDITION_PLAIN);
        return text_string(text);
}

// All rows, a line each, up to the last one that is not empty.
static const char *all_rows(struct console *console, struct text *text,
                            const char *(*row_of)(struct console *console, unsigned row))
{
        text_clear(text);
        size_t trimmed = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                const char *line = row_of(console, row);
                text_add(text, line);
                text_add_char(text, '\n');
                if (*line)
                        trimmed = text->length;
        }
        text_truncate(text, trimmed);
        return text_string(text);
}

const char *console_text(struct console *console)
{
        return all_rows(console, &console->text, console_row);
}

const char *console_text_ansi(struct console *console)
{
        return all_rows(console, &console->ansi, console_row_ansi);
}

void console_cursor(const struct console *console, unsigned *row, unsigned *column, bool *visible)
{
        VTermPos position;
        vterm_state_get_cursorpos(vterm_obtain_state(console->terminal), &position);
        *row = (unsigned)position.row;
        *column = (unsigned)position.col;
        *visible = console->cursor_visible;
}

uint64_t console_picture(struct console *console)
{
        take_picture(console);
        return console->picture;
}

uint64_t console_changed_us(struct console *console)
{
        take_picture(console);
        return console->changed_us;
}

uint32_t console_background(struct console *console, unsigned row, unsigned column)
{
        VTermScreenCell cell = cell_at(console, (int)row, (int)column);
        return colour_word(cell.attrs.reverse ? &cell.fg : &cell.bg);
}

// The background of most rows around a list (Boyer and Moore's majority vote). Not of the whole screen, because a
// dialog may have its own.
static uint32_t usual_background(struct console *console, unsigned first, unsigned last)
{
        unsigned begin = first > LIST_MARGIN ? first - LIST_MARGIN : 0;
        unsigned end = last + LIST_MARGIN < CONSOLE_ROWS ? last + LIST_MARGIN : CONSOLE_ROWS - 1;
        uint32_t candidate = 0;
        unsigned votes = 0;
        for (unsigned row = begin; row <= end; row++) {
                for (unsigned column = 0; column < CONSOLE_COLUMNS; column++) {
                        uint32_t vote = console_background(console, row, column);
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
                if (cell.chars[0] > ' ' && cell.chars[0] < 0x7F && console_background(console, row, column) != usual)
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
