// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/rendition.h"

#include <stdint.h>

enum {
        SGR_FOREGROUND = 30,
        SGR_BACKGROUND = 40,
        SGR_BRIGHT = 60, // the offset of the bright colours' numbers
        PLAIN_COLOURS = 8,
        NAMED_COLOURS = 16,
};

// A cell's attributes other than colours, as one number.
static unsigned attributes(const VTermScreenCell *cell)
{
        VTermScreenCellAttrs looks = cell->attrs;
        return looks.bold | looks.italic << 1 | looks.blink << 2 | looks.reverse << 3 | looks.strike << 4 |
               looks.underline << 5;
}

static bool is_default(const VTermColor *colour)
{
        return VTERM_COLOR_IS_DEFAULT_FG(colour) || VTERM_COLOR_IS_DEFAULT_BG(colour);
}

// vterm_color_is_equal does not distinguish a default colour from the same colour chosen by number, but they differ on
// a terminal with other defaults.
static bool colour_equal(const VTermColor *a, const VTermColor *b)
{
        return a->type == b->type && (is_default(a) || vterm_color_is_equal(a, b));
}

bool rendition_equal(const VTermScreenCell *a, const VTermScreenCell *b)
{
        return attributes(a) == attributes(b) && colour_equal(&a->fg, &b->fg) && colour_equal(&a->bg, &b->bg);
}

bool rendition_is_plain(const VTermScreenCell *cell)
{
        return !attributes(cell) && is_default(&cell->fg) && is_default(&cell->bg);
}

bool rendition_hides_blanks(const VTermScreenCell *cell)
{
        return is_default(&cell->bg) && !cell->attrs.reverse && !cell->attrs.underline && !cell->attrs.strike;
}

static void add_colour(struct text *text, const VTermColor *colour, unsigned base)
{
        if (is_default(colour))
                return;
        if (VTERM_COLOR_IS_RGB(colour)) {
                text_add_format(text, ";%u;2;%u;%u;%u", base + 8, colour->rgb.red, colour->rgb.green, colour->rgb.blue);
                return;
        }
        unsigned index = colour->indexed.idx;
        if (index >= NAMED_COLOURS)
                text_add_format(text, ";%u;5;%u", base + 8, index);
        else
                text_add_format(text, ";%u",
                                index < PLAIN_COLOURS ? base + index : base + SGR_BRIGHT + index - PLAIN_COLOURS);
}

void rendition_add(struct text *text, const VTermScreenCell *cell)
{
        static const char *const underlines[] = {"", ";4", ";21", ";4:3"};
        VTermScreenCellAttrs looks = cell->attrs;
        text_add(text, "\033[0");
        text_add(text, looks.bold ? ";1" : "");
        text_add(text, looks.italic ? ";3" : "");
        text_add(text, underlines[looks.underline]);
        text_add(text, looks.blink ? ";5" : "");
        text_add(text, looks.reverse ? ";7" : "");
        text_add(text, looks.strike ? ";9" : "");
        add_colour(text, &cell->fg, SGR_FOREGROUND);
        add_colour(text, &cell->bg, SGR_BACKGROUND);
        text_add_char(text, 'm');
}
