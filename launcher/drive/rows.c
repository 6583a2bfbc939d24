// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/drive/list-walk.h"
#include "launcher/drive/screen-match.h"
#include "launcher/machine/pattern.h"

// Columns FROM to TO (not included) of a row on one background.
struct bar {
        unsigned row, from, to;
};

// The rows of the menu on the screen.
struct menu {
        char *labels[CONSOLE_ROWS];
        unsigned count, selected;
};

// Rows that were on the screen, in the order of their first appearance.
struct seen {
        char *labels[LIST_LIMIT];
        size_t count;
};

struct search {
        struct typing *typing;
        struct pattern *pattern;
        const char *wanted;
        struct seen seen;
        struct menu menu;
        int place;   // of the row that matches in the menu; -1 if it is not on the screen
        char *began; // the row that was selected when the walk began
};

static void free_labels(char **labels, size_t count)
{
        for (size_t i = 0; i < count; i++)
                free(labels[i]);
}

static void search_end(struct search *search)
{
        free_labels(search->seen.labels, search->seen.count);
        free_labels(search->menu.labels, search->menu.count);
        pattern_free(&search->pattern);
        free(search->began);
}

// ---- the menu on the screen

static uint32_t background(const struct typing *typing, unsigned row, unsigned column)
{
        return console_background(typing_console(typing), row, column);
}

// Whether all of BAR's columns have the background COLOUR in ROW.
static bool has_background(const struct typing *typing, const struct bar *bar, unsigned row, uint32_t colour)
{
        for (unsigned column = bar->from; column < bar->to; column++) {
                if (background(typing, row, column) != colour)
                        return false;
        }
        return true;
}

static bool is_word(char character)
{
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9');
}

#define GAP "   " // what comes after it is beside the menu

// The text of ROW in the columns of BAR up to a gap, and on to the right until two blanks or a frame. NULL if it has no
// word.
static char *read_label(const struct typing *typing, const struct bar *bar, unsigned row)
{
        char cells[CONSOLE_COLUMNS + 1];
        screen_cells(typing_console(typing), row, cells);
        unsigned to = bar->to;
        while (cells[to] && cells[to] != '|' && !(cells[to] == ' ' && (cells[to - 1] == ' ' || cells[to + 1] == ' ')))
                to++;
        AUTO_FREE char *text = text_format("%.*s", (int)(to - bar->from), cells + bar->from);
        char *gap = strstr(text + strspn(text, " |"), GAP);
        if (gap)
                *gap = '\0';
        char *label = list_words(text);
        for (const char *at = label; *at; at++) {
                if (is_word(*at))
                        return label;
        }
        free(label);
        return NULL;
}

static void add_label(struct menu *menu, char *label)
{
        menu->labels[menu->count++] = label;
}

// The rows above and below BAR in its columns, as long as they have the same background and a label.
static void read_menu_at(const struct typing *typing, const struct bar *bar, struct menu *menu)
{
        unsigned neighbour = bar->row + 1 < CONSOLE_ROWS ? bar->row + 1 : bar->row - 1;
        AUTO_FREE char *below = read_label(typing, bar, neighbour);
        if (!below && bar->row)
                neighbour = bar->row - 1;
        uint32_t colour = background(typing, neighbour, bar->from);
        unsigned first = bar->row;
        while (first > 0 && has_background(typing, bar, first - 1, colour)) {
                AUTO_FREE char *label = read_label(typing, bar, first - 1);
                if (!label)
                        break;
                first--;
        }
        *menu = (struct menu){.selected = bar->row - first};
        for (unsigned row = first; row < CONSOLE_ROWS; row++) {
                char *label = row == bar->row || has_background(typing, bar, row, colour) ? read_label(typing, bar, row)
                                                                                          : NULL;
                if (!label)
                        break;
                add_label(menu, label);
        }
}

// Whether BAR differs from the rows above and below it in all its columns, and has a label.
static bool stands_out(const struct typing *typing, const struct bar *bar)
{
        uint32_t own = background(typing, bar->row, bar->from);
        for (unsigned column = bar->from; column < bar->to; column++) {
                if ((bar->row > 0 && background(typing, bar->row - 1, column) == own) ||
                    (bar->row + 1 < CONSOLE_ROWS && background(typing, bar->row + 1, column) == own))
                        return false;
        }
        AUTO_FREE char *label = read_label(typing, bar, bar->row);
        return label != NULL;
}

// Of several bars that stand out, such as titles, the selected row is the one with most rows around it.
static bool read_menu(const struct typing *typing, struct menu *menu)
{
        bool found = false;
        free_labels(menu->labels, menu->count);
        menu->count = 0;
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                struct bar bar = {.row = row};
                for (; bar.from < CONSOLE_COLUMNS; bar.from = bar.to) {
                        uint32_t own = background(typing, row, bar.from);
                        for (bar.to = bar.from + 1; bar.to < CONSOLE_COLUMNS; bar.to++) {
                                if (background(typing, row, bar.to) != own)
                                        break;
                        }
                        if (!stands_out(typing, &bar))
                                continue;
                        struct menu other;
                        read_menu_at(typing, &bar, &other);
                        bool better = !found || other.count > menu->count;
                        struct menu worse = better ? *menu : other;
                        *menu = better ? other : *menu;
                        free_labels(worse.labels, worse.count);
                        found = true;
                }
        }
        return found;
}

// ---- the search

static bool fail(const struct search *search, struct error *err, const char *what)
{
        AUTO_TEXT struct text all = {0};
        for (size_t i = 0; i < search->seen.count; i++)
                text_add_format(&all, "%s'%s'", i ? ", " : "", search->seen.labels[i]);
        return typing_fail(search->typing, ERROR_NO, err, "%s '%s'; the rows are: %s", what, search->wanted,
                           search->seen.count ? text_string(&all) : "none");
}

static void forget(struct search *search)
{
        free_labels(search->seen.labels, search->seen.count);
        search->seen.count = 0;
}

static void note(struct seen *seen, const char *label)
{
        for (size_t i = 0; i < seen->count; i++) {
                if (strcmp(seen->labels[i], label) == 0)
                        return;
        }
        if (seen->count < LIST_LIMIT)
                seen->labels[seen->count++] = memory_text(label);
}

// Reads the menu and finds the row that matches.
static bool look(struct search *search, struct error *err)
{
        struct menu *menu = &search->menu;
        search->place = -1;
        if (!read_menu(search->typing, menu))
                return fail(search, err, "the screen shows no selected row, looking for");
        for (unsigned i = 0; i < menu->count; i++)
                note(&search->seen, menu->labels[i]);
        for (unsigned i = 0; i < menu->count; i++) {
                if (!pattern_matches(search->pattern, menu->labels[i]))
                        continue;
                if (search->place >= 0)
                        return fail(search, err, "more than one row matches");
                search->place = (int)i;
        }
        return true;
}

static const char *selected(const struct search *search)
{
        return search->menu.labels[search->menu.selected];
}

// A list_visitor: stops at the row that matches, or at the one where the walk began: the menu goes round.
static bool visit(void *context, bool *stop, struct error *err)
{
        struct search *search = context;
        if (!look(search, err))
                return false;
        *stop = search->place >= 0 || strcmp(selected(search), search->began) == 0;
        return true;
}

static bool walk(struct search *search, const char *key, struct error *err)
{
        free(search->began);
        search->began = memory_text(selected(search));
        return list_walk(search->typing, key, visit, search, err);
}

// Goes up and then down through the menu until the row that matches is on the screen.
static bool scroll(struct search *search, struct error *err)
{
        if (search->place < 0 && !walk(search, "Up", err))
                return false;
        if (search->place >= 0)
                return true;
        forget(search);
        if (!look(search, err) || !walk(search, "Down", err))
                return false;
        return search->place >= 0 || fail(search, err, "no row matches");
}

static bool go_to(struct search *search, struct error *err)
{
        for (unsigned moves = 0; search->place >= 0 && moves < LIST_LIMIT; moves++) {
                if (search->place == (int)search->menu.selected)
                        return true;
                const char *key = search->place < (int)search->menu.selected ? "Up" : "Down";
                if (!typing_key(search->typing, key, err) || !look(search, err))
                        return false;
        }
        return fail(search, err, "the menu changed on the way to");
}

// Waits until the screen shows a selected row; a menu may not be drawn completely yet.
static bool await_menu(struct search *search, struct error *err)
{
        uint64_t deadline_us = time_now_us() + TYPING_RESTLESS_FACTOR * search->typing->settle_us;
        while (!read_menu(search->typing, &search->menu) && time_now_us() < deadline_us) {
                if (!typing_look(search->typing, deadline_us, err))
                        return false;
        }
        return true;
}

bool rows_choose(struct typing *typing, const char *wanted, struct error *err)
{
        struct search search = {.typing = typing, .wanted = wanted, .pattern = pattern_new(wanted, err)};
        bool chosen = search.pattern && await_menu(&search, err) && look(&search, err) && scroll(&search, err) &&
                      go_to(&search, err);
        search_end(&search);
        return chosen;
}
