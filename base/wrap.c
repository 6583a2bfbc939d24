// SPDX-License-Identifier: Apache-2.0
#include "base/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
        LEAST_WIDTH = 40,
        USUAL_WIDTH = 80,
        MOST_WIDTH = 100,
        ROW_INDENT = 2, // of a row's left side
        ROW_GAP = 2,    // between its sides
};

// Where the next word goes.
struct flow {
        struct text *out;
        size_t column, indent, width;
};

static size_t terminal_width(void)
{
        struct winsize size;
        uint64_t columns;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
                return size.ws_col;
        const char *given = getenv("COLUMNS");
        return given && text_parse_number(given, &columns) && columns ? (size_t)columns : USUAL_WIDTH;
}

size_t wrap_width(void)
{
        size_t most = isatty(STDOUT_FILENO) ? MOST_WIDTH : USUAL_WIDTH;
        size_t width = terminal_width();
        return width < LEAST_WIDTH ? LEAST_WIDTH : width > most ? most : width;
}

static bool continues_character(char byte)
{
        return ((unsigned char)byte & 0xC0) == 0x80;
}

static size_t columns_of(const char *text, size_t length)
{
        size_t columns = 0;
        for (size_t i = 0; i < length; i++)
                columns += !continues_character(text[i]);
        return columns;
}

static void pad_to(struct flow *flow, size_t column)
{
        for (; flow->column < column; flow->column++)
                text_add_char(flow->out, ' ');
}

static void end_line(struct flow *flow)
{
        text_add_char(flow->out, '\n');
        flow->column = 0;
}

static void add_characters(struct flow *flow, const char *word, size_t length)
{
        for (size_t i = 0; i < length; i++) {
                if (!continues_character(word[i])) {
                        if (flow->column >= flow->width) {
                                end_line(flow);
                                pad_to(flow, flow->indent);
                        }
                        flow->column++;
                }
                text_add_char(flow->out, word[i]);
        }
}

static void add_word(struct flow *flow, const char *word, size_t length)
{
        bool follows = flow->column > flow->indent;
        if (follows && flow->column + 1 + columns_of(word, length) > flow->width) {
                end_line(flow);
                follows = false;
        }
        pad_to(flow, follows ? flow->column + 1 : flow->indent);
        add_characters(flow, word, length);
}

static void add_words(struct flow *flow, const char *text, size_t length)
{
        for (size_t at = 0; at < length;) {
                size_t word = strcspn(text + at, " \n");
                word = word < length - at ? word : length - at;
                if (word)
                        add_word(flow, text + at, word);
                at += word + 1;
        }
}

// Adds LEFT at INDENT, and RIGHT from COLUMN on, and ends the line.
static void add_row(struct flow *flow, size_t indent, const char *left, size_t left_length, const char *right,
                    size_t right_length, size_t column)
{
        size_t half = flow->width / 2;
        flow->indent = indent < half ? indent : half;
        add_words(flow, left, left_length);
        flow->indent = column < half ? column : half;
        if (flow->column && flow->column + ROW_GAP > flow->indent)
                end_line(flow);
        pad_to(flow, flow->indent);
        add_words(flow, right, right_length);
        end_line(flow);
        flow->indent = 0;
}

// Where the last column of LINE begins: after its last two consecutive spaces, or its indentation.
static size_t last_column(const char *line, size_t length)
{
        size_t column = strspn(line, " ");
        for (size_t i = column; i + ROW_GAP < length; i++) {
                if (line[i] == ' ' && line[i + 1] == ' ' && line[i + 2] != ' ')
                        column = i + ROW_GAP;
        }
        return column;
}

static void add_laid_out_line(struct flow *flow, const char *line, size_t length)
{
        size_t indent = strspn(line, " ");
        size_t column = last_column(line, length);
        add_row(flow, indent, line + indent, column - indent, line + column, length - column, column);
}

void wrap_text(struct text *out, const char *text, size_t width)
{
        struct flow flow = {.out = out, .width = width};
        for (const char *line = text; *line;) {
                size_t length = strcspn(line, "\n");
                bool is_laid_out = *line == ' ';
                if (flow.column && (is_laid_out || !length))
                        end_line(&flow);
                if (is_laid_out)
                        add_laid_out_line(&flow, line, length);
                else if (length)
                        add_words(&flow, line, length);
                else
                        end_line(&flow);
                line += length + (line[length] == '\n');
        }
        if (flow.column)
                end_line(&flow);
}

void wrap_line(struct text *out, const char *line, size_t indent, size_t width)
{
        struct flow flow = {.out = out, .width = width};
        size_t first = strcspn(line, " ");
        add_words(&flow, line, first);
        flow.indent = indent;
        add_words(&flow, line + first, strlen(line + first));
        end_line(&flow);
}

void wrap_fit(size_t *column, const char *left, size_t width)
{
        size_t needed = ROW_INDENT + columns_of(left, strlen(left)) + ROW_GAP;
        if (needed > *column && needed <= width * 2 / 5)
                *column = needed;
}

void wrap_row(struct text *out, const char *left, const char *right, size_t column, size_t width)
{
        struct flow flow = {.out = out, .width = width};
        column = column ? column : 2 * ROW_INDENT;
        add_row(&flow, ROW_INDENT, left, strlen(left), right, strlen(right), column + strspn(right, " "));
}
