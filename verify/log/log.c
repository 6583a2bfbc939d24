// SPDX-License-Identifier: Apache-2.0
#include "verify/log/log.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "verify/log/sequence.h"

enum {
        TAB_STOP = 8,
        DEL = 0x7F,
        ROWS = 128, // of the screen; the cursor does not move beyond them
        COLUMNS = 512,
        SURE_ROWS = 24,    // the smallest screen: a line feed below them may scroll
        SURE_COLUMNS = 80, // and text beyond them may be on the next row
};

// A row of the screen: a code point a column, 0 if nothing was written.
struct row {
        uint32_t *cells;
        size_t width, capacity;
        size_t bytes; // as UTF-8
};

struct position {
        unsigned row, column;
        bool row_known; // false: neither the cursor's row nor its older text is known
};

struct log {
        log_line_handler *handler;
        void *context;
        struct sequence_decoder decoder;
        struct sequence sequence; // the current one

        struct row rows[ROWS];
        unsigned used_rows; // rows from here on are empty
        struct position cursor, saved;
        uint32_t last_character; // for a sequence that repeats it
        unsigned screen_columns; // as far as known
        bool flowing;            // lines come one after the other; else the cursor was moved here
        bool fresh;              // ... and nothing was written since the line began or the cursor returned
        // Of the cursor's row; rows are reported when the cursor leaves them.
        bool changed;                  // it has unreported text
        uint64_t begins_at, begins_in; // offset of the first sequence that changed it, and line feeds before
        // Since the cursor last moved back in it: the text before an overwrite was a line of its own.
        bool redrawing;
        bool redraw_changed; // something was written
        uint64_t redraw_at, redraw_in;
        uint32_t before[COLUMNS];
        size_t before_width;

        struct text encoded;           // a character
        char line[LOG_LINE_LIMIT + 1]; // to be reported
};

struct log *log_new(log_line_handler *handler, void *context)
{
        struct log *log = memory_new(1, sizeof *log);
        log->handler = handler;
        log->context = context;
        log->screen_columns = SURE_COLUMNS;
        log->flowing = true;
        return log;
}

void log_free(struct log **log)
{
        if (!*log)
                return;
        for (size_t i = 0; i < ROWS; i++)
                free((*log)->rows[i].cells);
        text_free(&(*log)->encoded);
        free(*log);
        *log = NULL;
}

// Rows and lines.

static struct row *current_row(struct log *log)
{
        return &log->rows[log->cursor.row];
}

static bool is_blank(uint32_t cell)
{
        return !cell || cell == ' ';
}

static size_t utf8_size(uint32_t code_point)
{
        return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

// Whether CELL can be part of a word; frame characters cannot be.
static bool is_wordly(uint32_t cell)
{
        bool frame = cell >= 0x2500 && cell <= 0x259F;
        return (cell >= '0' && cell <= '9') || (cell >= 'A' && cell <= 'Z') || (cell >= 'a' && cell <= 'z') ||
               (cell >= 0xC0 && !frame);
}

static bool has_words(const uint32_t *cells, size_t width)
{
        for (size_t i = 0; i < width; i++) {
                if (is_wordly(cells[i]))
                        return true;
        }
        return false;
}

// Writes CODE_POINT, which is not ASCII, and returns the number of bytes.
static size_t add_utf8(struct log *log, char *to, uint32_t code_point)
{
        text_clear(&log->encoded);
        text_add_utf8(&log->encoded, code_point);
        memcpy(to, log->encoded.data, log->encoded.length);
        return log->encoded.length;
}

static void hand_on(struct log *log, const uint32_t *cells, size_t width, bool cut)
{
        size_t first = 0, end = width;
        while (end && is_blank(cells[end - 1]))
                end--;
        // Blanks that were written belong to the line; columns that the cursor jumped over do not.
        while (first < end && !cells[first])
                first++;
        if (first == end || (!log->flowing && !has_words(cells, end)))
                return;
        char *to = log->line;
        for (size_t i = first; i < end; i++) {
                if (cells[i] < 0x80)
                        *to++ = (char)(cells[i] ? cells[i] : ' ');
                else
                        to += add_utf8(log, to, cells[i]);
        }
        *to = '\0';
        const struct log_line line = {
                .number = log->begins_in + 1,
                .offset = log->begins_at,
                .text = log->line,
                .length = (size_t)(to - log->line),
                .cut = cut,
        };
        log->handler(&line, log->context);
}

// Reports the cursor's row if it has anything new. The row does not change.
static void emit(struct log *log, bool cut)
{
        if (log->changed)
                hand_on(log, current_row(log)->cells, current_row(log)->width, cut);
        log->changed = log->redrawing = false;
}

static void clear_row(struct row *row)
{
        row->width = row->bytes = 0;
}

static void end_line(struct log *log)
{
        emit(log, false);
        clear_row(current_row(log));
}

// Called before the cursor moves to another row. Only rows of the screen are kept.
static void leave_row(struct log *log)
{
        emit(log, false);
        if (!log->cursor.row_known || current_row(log)->width > COLUMNS)
                clear_row(current_row(log));
}

static void forget_screen(struct log *log)
{
        for (size_t i = 0; i < log->used_rows; i++)
                clear_row(&log->rows[i]);
        log->used_rows = 0;
}

static void reserve(struct row *row, size_t width)
{
        if (width <= row->capacity)
                return;
        size_t capacity = row->capacity ? row->capacity * 2 : SURE_COLUMNS;
        row->capacity = capacity < width ? width : capacity;
        row->cells = memory_resize(row->cells, row->capacity, sizeof *row->cells);
}

// From now on the text in the row may be overwritten.
static void begin_redraw(struct log *log)
{
        log->redrawing = log->changed;
        log->redraw_changed = false;
        log->before_width = 0;
}

static void keep_before(struct log *log)
{
        const struct row *row = current_row(log);
        if (log->before_width)
                return;
        log->before_width = row->width < COLUMNS ? row->width : COLUMNS;
        memcpy(log->before, row->cells, log->before_width * sizeof *log->before);
        log->redraw_at = log->sequence.offset;
        log->redraw_in = log->sequence.line_feeds;
}

// Reports the row as it was before the redraw.
static void hand_on_before(struct log *log)
{
        hand_on(log, log->before, log->before_width, false);
        log->redrawing = false;
        log->changed = log->redraw_changed;
        log->begins_at = log->redraw_at;
        log->begins_in = log->redraw_in;
}

// Puts CODE_POINT (0: nothing) into an existing column of the row.
static void change_cell(struct log *log, size_t column, uint32_t code_point)
{
        struct row *row = current_row(log);
        uint32_t old = row->cells[column];
        if (old == code_point)
                return;
        if (log->redrawing) {
                keep_before(log);
                if (!is_blank(old))
                        hand_on_before(log);
        }
        row->bytes += utf8_size(code_point) - utf8_size(old);
        row->cells[column] = code_point;
        if (is_blank(code_point))
                return;
        log->redraw_changed = true;
        if (log->changed)
                return;
        log->changed = true;
        log->begins_at = log->sequence.offset;
        log->begins_in = log->sequence.line_feeds;
}

static void widen(struct row *row, size_t width)
{
        reserve(row, width);
        for (; row->width < width; row->width++, row->bytes++)
                row->cells[row->width] = 0;
}

static void put(struct log *log, uint32_t code_point)
{
        // A flowing line starts empty, whatever its row had before.
        if (log->flowing && log->fresh && !log->cursor.column)
                end_line(log);
        log->fresh = false;
        if (log->cursor.column >= log->screen_columns)
                log->cursor.row_known = false;
        struct row *row = current_row(log);
        size_t jumped = log->cursor.column > row->width ? log->cursor.column - row->width : 0;
        if (row->bytes + jumped + utf8_size(code_point) > LOG_LINE_LIMIT) {
                emit(log, true);
                clear_row(row);
                log->cursor.column = 0;
        }
        if (log->cursor.column >= row->width)
                widen(row, log->cursor.column + 1UL);
        if (log->cursor.row >= log->used_rows)
                log->used_rows = log->cursor.row + 1;
        change_cell(log, log->cursor.column, code_point);
        log->cursor.column++;
        log->last_character = code_point;
}

// The cursor.

// A row that is wider than any screen is a flowing line and is not edited. So after a change at most a screen's width
// is reported again.
static void end_wide_row(struct log *log)
{
        if (log->cursor.column < COLUMNS && current_row(log)->width <= COLUMNS)
                return;
        end_line(log);
        log->cursor.column = log->cursor.column < COLUMNS ? log->cursor.column : COLUMNS - 1;
}

static void move_column(struct log *log, unsigned column)
{
        end_wide_row(log);
        if (column < log->cursor.column)
                begin_redraw(log);
        log->cursor.column = column < COLUMNS ? column : COLUMNS - 1;
        log->flowing = log->fresh = false;
}

static void move_to(struct log *log, unsigned row, unsigned column)
{
        row = row < ROWS ? row : ROWS - 1;
        if (!log->cursor.row_known || row != log->cursor.row) {
                leave_row(log);
                if (!log->cursor.row_known)
                        forget_screen(log);
                log->cursor.row = row;
                log->cursor.row_known = true;
        }
        if (column < COLUMNS && column >= log->screen_columns)
                log->screen_columns = column + 1;
        move_column(log, column);
}

static void move_rows(struct log *log, int rows)
{
        int row = (int)log->cursor.row + rows;
        if (log->cursor.row_known) {
                move_to(log, row < 0 ? 0 : (unsigned)row, log->cursor.column);
                return;
        }
        leave_row(log);
        log->flowing = log->fresh = false;
}

static void feed_line(struct log *log)
{
        leave_row(log);
        log->cursor.column = 0;
        log->flowing = log->fresh = true;
        if (log->cursor.row_known && log->cursor.row + 1 < SURE_ROWS) {
                log->cursor.row++;
                return;
        }
        log->cursor.row_known = false;
        clear_row(current_row(log));
}

static void return_carriage(struct log *log)
{
        end_wide_row(log);
        begin_redraw(log);
        log->cursor.column = 0;
        log->fresh = true;
}

static void erase(struct log *log, size_t from, size_t to)
{
        const struct row *row = current_row(log);
        for (size_t i = from; i < to && i < row->width; i++)
                change_cell(log, i, 0);
}

// Text erased from the cursor's row was a line, even if the cursor did not move back.
static void erase_in_row(struct log *log, unsigned how)
{
        end_wide_row(log);
        begin_redraw(log);
        size_t column = log->cursor.column;
        erase(log, how == 0 ? column : 0, how == 1 ? column + 1 : SIZE_MAX);
}

static void erase_screen(struct log *log)
{
        end_wide_row(log);
        emit(log, false);
        forget_screen(log);
}

// Control sequences. Each function gets the first parameter, 0 if it is absent.

static unsigned at_least_one(unsigned parameter)
{
        return parameter ? parameter : 1;
}

static void control_up(struct log *log, unsigned count)
{
        move_rows(log, -(int)at_least_one(count));
}

static void control_down(struct log *log, unsigned count)
{
        move_rows(log, (int)at_least_one(count));
}

static void control_next_line(struct log *log, unsigned count)
{
        control_down(log, count);
        move_column(log, 0);
}

static void control_previous_line(struct log *log, unsigned count)
{
        control_up(log, count);
        move_column(log, 0);
}

static void control_right(struct log *log, unsigned count)
{
        move_column(log, log->cursor.column + at_least_one(count));
}

static void control_left(struct log *log, unsigned count)
{
        unsigned column = log->cursor.column;
        move_column(log, column > at_least_one(count) ? column - at_least_one(count) : 0);
}

static void control_column(struct log *log, unsigned column)
{
        move_column(log, at_least_one(column) - 1);
}

static void control_row(struct log *log, unsigned row)
{
        move_to(log, at_least_one(row) - 1, log->cursor.column);
}

static void control_position(struct log *log, unsigned row)
{
        move_to(log, at_least_one(row) - 1, at_least_one(log->sequence.parameters[1]) - 1);
}

static void control_home(struct log *log, unsigned parameter)
{
        (void)parameter;
        move_to(log, 0, 0);
}

static void control_erase_screen(struct log *log, unsigned how)
{
        if (how >= 2) {
                erase_screen(log);
                return;
        }
        erase_in_row(log, how);
        size_t from = how == 0 ? log->cursor.row + 1 : 0, to = how == 0 ? ROWS : log->cursor.row;
        for (size_t i = from; i < to; i++)
                clear_row(&log->rows[i]);
}

static void control_erase_row(struct log *log, unsigned how)
{
        erase_in_row(log, how);
}

static void control_erase_characters(struct log *log, unsigned count)
{
        end_wide_row(log);
        begin_redraw(log);
        erase(log, log->cursor.column, log->cursor.column + (size_t)at_least_one(count));
}

static void control_repeat(struct log *log, unsigned count)
{
        for (unsigned i = 0; log->last_character && i < at_least_one(count) && i < log->screen_columns; i++)
                put(log, log->last_character);
}

// Text moves on the screen; later drawing shows where.
static void control_shift(struct log *log, unsigned count)
{
        (void)count;
        erase_screen(log);
}

static void control_save(struct log *log, unsigned parameter)
{
        (void)parameter;
        log->saved = log->cursor;
}

static void control_restore(struct log *log, unsigned parameter)
{
        (void)parameter;
        if (log->saved.row_known) {
                move_to(log, log->saved.row, log->saved.column);
                return;
        }
        leave_row(log);
        log->cursor.row_known = false;
        clear_row(current_row(log));
        move_column(log, log->saved.column);
}

// Single controls and escape sequences, which have no parameter.

static void control_feed_line(struct log *log, unsigned none)
{
        (void)none;
        feed_line(log);
}

static void control_feed_page(struct log *log, unsigned none)
{
        (void)none;
        feed_line(log);
        forget_screen(log);
}

static void control_return(struct log *log, unsigned none)
{
        (void)none;
        return_carriage(log);
}

// In flowing text a tab becomes blanks in the line; elsewhere it moves the cursor.
static void control_tabulate(struct log *log, unsigned none)
{
        (void)none;
        unsigned blanks = TAB_STOP - log->cursor.column % TAB_STOP;
        if (!log->flowing) {
                move_column(log, log->cursor.column + blanks);
                return;
        }
        while (blanks--)
                put(log, ' ');
}

static void control_reset(struct log *log, unsigned none)
{
        (void)none;
        erase_screen(log);
        move_to(log, 0, 0);
}

typedef void action(struct log *log, unsigned parameter);

// The handlers, by code.
static action *const actions[][DEL] = {
        [SEQUENCE_SINGLE] =
                {
                        [CONTROL_LF] = control_feed_line,
                        [CONTROL_CR] = control_return,
                        [CONTROL_HT] = control_tabulate,
                        [CONTROL_BS] = control_left,
                        [CONTROL_VT] = control_feed_line,
                        [CONTROL_FF] = control_feed_page,
                },
        [SEQUENCE_ESCAPE] =
                {
                        ['7'] = control_save,
                        ['8'] = control_restore,
                        ['D'] = control_feed_line,
                        ['E'] = control_feed_line,
                        ['M'] = control_up,
                        ['c'] = control_reset,
                },
        [SEQUENCE_CONTROL] =
                {
                        ['@'] = control_shift,
                        ['A'] = control_up,
                        ['B'] = control_down,
                        ['C'] = control_right,
                        ['D'] = control_left,
                        ['E'] = control_next_line,
                        ['F'] = control_previous_line,
                        ['G'] = control_column,
                        ['H'] = control_position,
                        ['J'] = control_erase_screen,
                        ['K'] = control_erase_row,
                        ['L'] = control_shift,
                        ['M'] = control_shift,
                        ['P'] = control_shift,
                        ['S'] = control_shift,
                        ['T'] = control_shift,
                        ['X'] = control_erase_characters,
                        ['`'] = control_column,
                        ['a'] = control_right,
                        ['b'] = control_repeat,
                        ['d'] = control_row,
                        ['e'] = control_down,
                        ['f'] = control_position,
                        ['r'] = control_home,
                        ['s'] = control_save,
                        ['u'] = control_restore,
                },
};

// Of the private control sequences, only switching to the other screen and back matters.
static void run_private_control(struct log *log)
{
        const struct sequence *sequence = &log->sequence;
        unsigned mode = sequence->parameters[0];
        if (sequence->prefix == '?' && (sequence->code == 'h' || sequence->code == 'l') &&
            (mode == 47 || mode == 1047 || mode == 1049))
                erase_screen(log);
}

static void run_sequence(struct log *log)
{
        const struct sequence *sequence = &log->sequence;
        bool has_parameters = sequence->kind == SEQUENCE_CONTROL;
        if (has_parameters && sequence->prefix) {
                run_private_control(log);
                return;
        }
        action *act = sequence->code < DEL ? actions[sequence->kind][sequence->code] : NULL;
        if (act)
                act(log, has_parameters ? sequence->parameters[0] : 0);
}

// Many characters at once.

// The end, after CR and LF, of the line of LENGTH bytes at the front of INPUT; 0 if they do not follow at once.
static size_t whole_line(struct bytes input, size_t length)
{
        size_t end = length + (length < input.size && input.data[length] == '\r');
        return end < input.size && input.data[end] == '\n' ? end + 1 : 0;
}

static void hand_on_plain(struct log *log, const uint8_t *text, size_t length)
{
        size_t first = 0;
        while (length && text[length - 1] == ' ')
                length--;
        while (first < length && text[first] == ' ')
                first++;
        if (first == length)
                return;
        memcpy(log->line, text, length);
        log->line[length] = '\0';
        const struct log_line line = {
                .number = log->decoder.line_feeds + 1,
                .offset = log->decoder.offset + first,
                .text = log->line,
                .length = length,
        };
        log->handler(&line, log->context);
}

// A fast path for whole flowing lines, which are most of a log: the same result as character by character, without the
// cells, if the text they leave on the screen cannot matter. False if the next line is not such a line.
static bool take_plain_lines(struct log *log, struct bytes *input)
{
        bool any = false;
        while (log->flowing && log->fresh && !log->cursor.column && !log->cursor.row_known) {
                size_t length = sequence_plain_length(&log->decoder, *input);
                size_t end = length && length <= LOG_LINE_LIMIT ? whole_line(*input, length) : 0;
                if (!end)
                        return any;
                if (!any)
                        end_line(log);
                any = true;
                hand_on_plain(log, input->data, length);
                log->last_character = input->data[length - 1];
                sequence_skip_plain(&log->decoder, input, end, 1);
        }
        return any;
}

// Whether replacing an ASCII character by another changes only the cell.
static bool has_settled(const struct log *log)
{
        return log->changed && !log->redrawing && log->redraw_changed;
}

// Puts TEXT into CELLS, if they only have ASCII.
static bool overwrite(uint32_t *cells, const uint8_t *text, size_t length)
{
        uint32_t bits = 0;
        for (size_t i = 0; i < length; i++)
                bits |= cells[i];
        if (bits >= 0x80)
                return false;
        for (size_t i = 0; i < length; i++)
                cells[i] = text[i];
        return true;
}

// Puts TEXT at the cursor, if it is not there yet; the row is wide enough.
static void show_plain(struct log *log, const uint8_t *text, size_t length)
{
        uint32_t *cells = current_row(log)->cells + log->cursor.column;
        size_t shown = 0;
        for (; shown < length && !has_settled(log); shown++) {
                log->sequence.offset++;
                change_cell(log, log->cursor.column + shown, text[shown]);
        }
        if (overwrite(cells + shown, text + shown, length - shown))
                return;
        for (; shown < length; shown++)
                change_cell(log, log->cursor.column + shown, text[shown]);
}

// Text that stays on its row.
static bool take_plain_text(struct log *log, struct bytes *input)
{
        // Looks no farther than what is taken: otherwise an endless line would be scanned again for each character.
        size_t room = log->cursor.column < log->screen_columns ? log->screen_columns - log->cursor.column : 0;
        struct bytes near = {input->data, input->size < room ? input->size : room};
        size_t length = sequence_plain_length(&log->decoder, near);
        if (length < 2 || current_row(log)->bytes + COLUMNS + length > LOG_LINE_LIMIT)
                return false;
        log->sequence.offset = log->decoder.offset;
        log->sequence.line_feeds = log->decoder.line_feeds;
        put(log, input->data[0]);
        struct row *row = current_row(log);
        size_t end = log->cursor.column + length - 1;
        if (end > row->width)
                widen(row, end);
        show_plain(log, input->data + 1, length - 1);
        log->cursor.column = (unsigned)end;
        log->last_character = input->data[length - 1];
        sequence_skip_plain(&log->decoder, input, length, 0);
        return true;
}

void log_feed(struct log *log, const void *data, size_t size)
{
        struct bytes input = {data, size};
        for (;;) {
                if (take_plain_lines(log, &input) || take_plain_text(log, &input))
                        continue;
                if (!sequence_next(&log->decoder, &input, &log->sequence))
                        return;
                if (log->sequence.kind == SEQUENCE_CHARACTER)
                        put(log, log->sequence.code);
                else
                        run_sequence(log);
        }
}

void log_finish(struct log *log)
{
        emit(log, false);
}
