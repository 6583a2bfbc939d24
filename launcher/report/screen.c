// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/screen.h"

#include <stdlib.h>
#include <string.h>

#include "launcher/report/html.h"
#include "launcher/screen/console.h"

enum {
        ROWS_LIMIT = 60,
        BYTES_LIMIT = 65536,
        PARAMETERS_LIMIT = 32,
        PLAIN = -1,      // the screen's own colour
        RGB = 0x1000000, // added to a colour of 24 bits
};

struct looks {
        int text, background; // PLAIN, a number of the palette of 256, or RGB and 24 bits
        bool bold, italic, underline, reverse, strike;
};

static const struct looks plain = {.text = PLAIN, .background = PLAIN};

static const struct {
        int parameter;
        size_t member;
        bool value;
} switches[] = {
        {1, offsetof(struct looks, bold), true},        {22, offsetof(struct looks, bold), false},
        {3, offsetof(struct looks, italic), true},      {23, offsetof(struct looks, italic), false},
        {4, offsetof(struct looks, underline), true},   {21, offsetof(struct looks, underline), true},
        {24, offsetof(struct looks, underline), false}, {7, offsetof(struct looks, reverse), true},
        {27, offsetof(struct looks, reverse), false},   {9, offsetof(struct looks, strike), true},
        {29, offsetof(struct looks, strike), false},
};

// Ranges of parameters that select a named colour.
static const struct {
        int first, last, colour;
        bool background;
} colours[] = {
        {30, 37, 0, false},  {40, 47, 0, true},      {90, 97, 8, false},
        {100, 107, 8, true}, {39, 39, PLAIN, false}, {49, 49, PLAIN, true},
};

static void set_colour(struct looks *looks, bool background, int colour)
{
        *(background ? &looks->background : &looks->text) = colour;
}

static bool is_byte(int value)
{
        return value >= 0 && value <= 255;
}

// Applies 38 or 48 and the parameters after it. Returns how many it used.
static size_t apply_extended(struct looks *looks, const int *parameters, size_t count)
{
        bool background = parameters[0] == 48;
        if (count >= 3 && parameters[1] == 5 && is_byte(parameters[2])) {
                set_colour(looks, background, parameters[2]);
                return 3;
        }
        if (count >= 5 && parameters[1] == 2 && is_byte(parameters[2]) && is_byte(parameters[3]) &&
            is_byte(parameters[4])) {
                set_colour(looks, background, RGB | parameters[2] << 16 | parameters[3] << 8 | parameters[4]);
                return 5;
        }
        return count;
}

static void apply_one(struct looks *looks, int parameter)
{
        if (parameter == 0)
                *looks = plain;
        for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
                if (switches[i].parameter == parameter)
                        memcpy((char *)looks + switches[i].member, &switches[i].value, sizeof(bool));
        }
        for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
                if (parameter >= colours[i].first && parameter <= colours[i].last)
                        set_colour(looks, colours[i].background,
                                   colours[i].colour == PLAIN ? PLAIN
                                                              : colours[i].colour + parameter - colours[i].first);
        }
}

static void apply(struct looks *looks, const int *parameters, size_t count)
{
        for (size_t i = 0; i < count;) {
                bool is_extended = parameters[i] == 38 || parameters[i] == 48;
                if (!is_extended)
                        apply_one(looks, parameters[i]);
                i += is_extended ? apply_extended(looks, parameters + i, count - i) : 1;
        }
}

// Applies the SGR sequence at TEXT to LOOKS and returns what follows it; NULL if TEXT does not begin with one.
static const char *take_sequence(const char *text, struct looks *looks)
{
        if (!text_starts_with(text, "\033["))
                return NULL;
        const char *at = text + 2;
        const char *end = at + strspn(at, "0123456789;:");
        if (*end != 'm')
                return NULL;
        int parameters[PARAMETERS_LIMIT];
        size_t count = 0;
        while (count < PARAMETERS_LIMIT) {
                char *next;
                long value = strtol(at, &next, 10);
                parameters[count++] = value < 0 || value > 255 ? 255 : (int)value;
                // A value after a colon refines the parameter before it (the shape of an underline) and is ignored.
                at = next + strcspn(next, ";m");
                if (at >= end)
                        break;
                at++;
        }
        apply(looks, parameters, count);
        return end + 1;
}

// A colour of the palette of 256 after the named ones: a cube of 6 levels, then 24 greys (xterm).
static unsigned palette_rgb(int colour)
{
        static const unsigned levels[] = {0, 95, 135, 175, 215, 255};
        if (colour >= 232)
                return (unsigned)(8 + (colour - 232) * 10) * 0x10101;
        unsigned cube = (unsigned)colour - 16;
        return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6];
}

static void add_colour(struct text *classes, struct text *style, int colour, char letter, const char *property)
{
        if (colour >= 0 && colour < 16)
                text_add_format(classes, " %c%d", letter, colour);
        else if (colour >= 0)
                text_add_format(style, "%s:#%06x;", property,
                                colour & RGB ? (unsigned)colour & 0xFFFFFF : palette_rgb(colour));
}

static void open_span(struct text *html, const struct looks *looks)
{
        AUTO_TEXT struct text classes = {0};
        AUTO_TEXT struct text style = {0};
        int text = looks->reverse ? looks->background : looks->text;
        int background = looks->reverse ? looks->text : looks->background;
        add_colour(&classes, &style, text, 'f', "color");
        add_colour(&classes, &style, background, 'b', "background");
        if (looks->reverse && text == PLAIN)
                text_add(&classes, " fb");
        if (looks->reverse && background == PLAIN)
                text_add(&classes, " bf");
        text_add(&classes, looks->bold ? " bold" : "");
        text_add(&classes, looks->italic ? " italic" : "");
        text_add(&classes, looks->underline ? " under" : "");
        text_add(&classes, looks->strike ? " strike" : "");
        text_add(html, "<span");
        if (classes.length)
                text_add_format(html, " class=\"%s\"", text_string(&classes) + 1);
        if (style.length)
                text_add_format(html, " style=\"%s\"", text_string(&style));
        text_add_char(html, '>');
}

static bool looks_equal(const struct looks *a, const struct looks *b)
{
        return a->text == b->text && a->background == b->background && a->bold == b->bold && a->italic == b->italic &&
               a->underline == b->underline && a->reverse == b->reverse && a->strike == b->strike;
}

static void add_run(struct text *html, const struct looks *looks, const char *text, size_t length)
{
        bool is_plain = looks_equal(looks, &plain);
        if (!length)
                return;
        if (!is_plain)
                open_span(html, looks);
        html_add_span(html, text, length);
        if (!is_plain)
                text_add(html, "</span>");
}

// One row, from TEXT to END.
static void add_row(struct text *html, const char *text, const char *end, struct looks *looks)
{
        const char *run = text;
        while (text < end) {
                struct looks next = *looks;
                const char *after = take_sequence(text, &next);
                if (!after || after > end) {
                        text++;
                        continue;
                }
                add_run(html, looks, run, (size_t)(text - run));
                *looks = next;
                run = text = after;
        }
        add_run(html, looks, run, (size_t)(end - run));
}

void screen_to_html(struct text *html, const char *ansi)
{
        struct looks looks = plain;
        const char *limit = ansi + strnlen(ansi, BYTES_LIMIT);
        text_add(html, "<pre class=\"screen\">\n");
        for (unsigned row = 0; row < ROWS_LIMIT && (ansi < limit || row < CONSOLE_ROWS); row++) {
                const char *end = memchr(ansi, '\n', (size_t)(limit - ansi));
                end = end ? end : limit;
                add_row(html, ansi, end, &looks);
                text_add_char(html, '\n');
                ansi = end < limit ? end + 1 : end;
        }
        text_add(html, "</pre>\n");
}
