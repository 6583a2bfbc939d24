// SPDX-License-Identifier: Apache-2.0
#include "launcher/drive/choices.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "launcher/drive/screen-match.h"
#include "launcher/machine/pattern.h"

enum {
        CHOICES_LIMIT = 12,
        TRIES = 3,
        BUTTON_COLUMNS = 4, // "(X) "
};

struct choice {
        unsigned row, column; // of its button
        bool selected;
        char *label;
};

struct choices {
        struct choice items[CHOICES_LIMIT];
        size_t count;
};

static void choices_free(struct choices *choices)
{
        for (size_t i = 0; i < choices->count; i++)
                free(choices->items[i].label);
        *choices = (struct choices){0};
}
#define AUTO_CHOICES __attribute__((cleanup(choices_free)))

static bool is_button(const char *cells)
{
        return cells[0] == '(' && strchr(" Xx*", cells[1]) && cells[2] == ')' && cells[3] == ' ';
}

// Adds what is in a row from column FROM up to the frame to LABEL, without the blanks around it. False if there is
// nothing else.
static bool add_words(struct text *label, const char *cells, unsigned from)
{
        unsigned to = from + (unsigned)strcspn(cells + from, "|");
        while (from < to && cells[from] == ' ')
                from++;
        while (to > from && cells[to - 1] == ' ')
                to--;
        if (from < to)
                text_add_format(label, "%s%.*s", label->length ? " " : "", (int)(to - from), cells + from);
        return from < to;
}

// The label goes on in a row that has nothing below the button, and no button of its own.
static char *read_label(const struct typing *typing, const struct choice *choice)
{
        char cells[CONSOLE_COLUMNS + 1];
        struct text label = {0};
        unsigned from = choice->column + BUTTON_COLUMNS;
        screen_cells(typing_console(typing), choice->row, cells);
        add_words(&label, cells, from);
        for (unsigned row = choice->row + 1; row < CONSOLE_ROWS; row++) {
                screen_cells(typing_console(typing), row, cells);
                bool is_below = strspn(cells + choice->column, " ") >= BUTTON_COLUMNS;
                if (!is_below || !add_words(&label, cells, from))
                        break;
        }
        return text_take(&label);
}

static void read_choices(const struct typing *typing, struct choices *choices)
{
        choices_free(choices);
        for (unsigned row = 0; row < CONSOLE_ROWS; row++) {
                char cells[CONSOLE_COLUMNS + 1];
                screen_cells(typing_console(typing), row, cells);
                for (unsigned column = 0; column + BUTTON_COLUMNS < CONSOLE_COLUMNS; column++) {
                        if (!is_button(cells + column) || choices->count == CHOICES_LIMIT)
                                continue;
                        struct choice *choice = &choices->items[choices->count++];
                        *choice = (struct choice){.row = row, .column = column, .selected = cells[column + 1] != ' '};
                        choice->label = read_label(typing, choice);
                }
        }
}

static bool fail(const struct typing *typing, const struct choices *choices, struct error *err, const char *what)
{
        AUTO_TEXT struct text all = {0};
        for (size_t i = 0; i < choices->count; i++)
                text_add_format(&all, "%s'%s'", i ? ", " : "", choices->items[i].label);
        return typing_fail(typing, ERROR_NO, err, "%s; the choices are: %s", what,
                           choices->count ? text_string(&all) : "none");
}

// The place of the only label that WANTED matches.
static bool find(const struct typing *typing, const struct choices *choices, const char *wanted, size_t *place,
                 struct error *err)
{
        size_t count = 0;
        AUTO_PATTERN struct pattern *pattern = pattern_new(wanted, err);
        if (!pattern)
                return false;
        for (size_t i = 0; i < choices->count; i++) {
                if (!pattern_matches(pattern, choices->items[i].label))
                        continue;
                *place = i;
                count++;
        }
        if (count == 1)
                return true;
        AUTO_FREE char *what = text_format("%s choice matches '%s'", count ? "more than one" : "no", wanted);
        return fail(typing, choices, err, what);
}

static bool press(struct typing *typing, const char *key, size_t times, struct error *err)
{
        while (times--) {
                if (!typing_silent_key(typing, key, err))
                        return false;
        }
        return true;
}

// Waits until button PLACE is the selected one. *SELECTED is false if it is not in time.
static bool await_selected(struct typing *typing, size_t place, bool *selected, struct error *err)
{
        uint64_t deadline_us = time_now_us() + typing->resend_us;
        for (;;) {
                AUTO_CHOICES struct choices choices = {0};
                read_choices(typing, &choices);
                *selected = place < choices.count && choices.items[place].selected;
                if (*selected || time_now_us() >= deadline_us)
                        return true;
                if (!typing_look(typing, deadline_us, err))
                        return false;
        }
}

bool choices_choose(struct typing *typing, const char *wanted, struct error *err)
{
        AUTO_CHOICES struct choices choices = {0};
        size_t place = 0;
        read_choices(typing, &choices);
        if (!find(typing, &choices, wanted, &place, err))
                return false;
        bool selected = choices.items[place].selected;
        // Where the cursor is cannot be seen: from the first button down it is known.
        for (unsigned attempt = 0; !selected && attempt < TRIES; attempt++) {
                if (!press(typing, "Up", choices.count, err) || !press(typing, "Down", place, err) ||
                    !press(typing, "Space", 1, err) || !await_selected(typing, place, &selected, err))
                        return false;
        }
        AUTO_FREE char *what = text_format("'%s' cannot be selected", choices.items[place].label);
        return selected || fail(typing, &choices, err, what);
}
