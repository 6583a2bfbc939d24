// SPDX-License-Identifier: Apache-2.0
#include "verify/log.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum {
        BEL = 0x07,
        BS = 0x08,
        HT = 0x09,
        LF = 0x0A,
        VT = 0x0B,
        FF = 0x0C,
        CR = 0x0D,
        SO = 0x0E,
        SI = 0x0F,
        CAN = 0x18,
        SUB = 0x1A,
        ESC = 0x1B,
        DEL = 0x7F,
        C1_FIRST = 0x80,
        C1_LAST = 0x9F,
        C1_TO_ESCAPE = 0x40, // 0x9B stands for ESC [, and so on
        ST = 0x9C,
        REPLACEMENT = 0xFFFD,
};

enum {
        TAB_STOP = 8,
        ROWS = 128, // of the screen that is remembered; a cursor is sent no farther
        COLUMNS = 512,
        SURE_ROWS = 24,    // no screen is smaller: a line feed below them may scroll
        SURE_COLUMNS = 80, // and text that flows past them may be on the next row
        PARAMETERS = 4,    // of a control sequence; none that matters here has more
        PARAMETER_MOST = 9999,
        SEQUENCE_LIMIT = 4096, // bytes after which a sequence that does not end is given up
};

// How the next byte is read.
enum state {
        STATE_TEXT,
        STATE_ESCAPE,        // after ESC
        STATE_CHARACTER_SET, // after ESC ( or ESC ), and what else takes one more byte
        STATE_CONTROL,       // in a control sequence, after CSI
        STATE_STRING,        // in an operating system command or its like, up to ST or BEL
        STATE_STRING_ESCAPE, // after ESC in one
};

// A row of the screen: a code point a column, 0 where nothing was written.
struct row {
        uint32_t *cells;
        size_t width, capacity;
        size_t bytes; // as UTF-8
};

struct position {
        unsigned row, column;
        bool row_known; // else only that it is some row whose older text is not known either
};

struct log {
        log_line_handler *handler;
        void *context;
        uint64_t offset, number; // of the byte that is read: its place, and its line in the raw log

        enum state state;
        size_t sequence_size;
        unsigned parameters[PARAMETERS];
        size_t parameter;
        char prefix;       // '?' and its like before the parameters of a private sequence, or 0
        bool string_is_c1; // a string that began with an 8-bit control, and may end with one
        unsigned set;      // the character set that is being designated, 0 or 1, or 2 for none
        bool graphics[2];  // whether that set is the one of line graphics
        unsigned shifted;  // which of them is in use

        uint32_t code_point;     // of the UTF-8 that is read
        uint32_t least;          // what it must be at least, not to be written too long
        unsigned awaited;        // bytes of it that are still to come
        uint64_t character_at;   // offset of its first byte
        uint32_t last_character; // for a sequence that repeats it

        struct row rows[ROWS];
        struct position cursor, saved;
        unsigned screen_columns; // as far as is known
        bool flowing;            // lines come one after the other; else the cursor was sent here
        bool fresh;              // ... and nothing was written since the line began or the cursor returned
        // Of the cursor's row; the others are handed on when the cursor leaves them.
        bool changed;                  // it shows something that was not handed on
        uint64_t begins_at, begins_in; // offset and number of the first byte that changed it
        // Since the cursor last went back in it: what is overwritten now was a line, as it stood before.
        bool redrawing;
        bool redraw_changed; // something was written
        uint64_t redraw_at, redraw_in;
        uint32_t before[COLUMNS];
        size_t before_width;

        struct text line;
};

struct log *log_new(log_line_handler *handler, void *context)
{
        struct log *log = memory_new(1, sizeof *log);
        log->handler = handler;
        log->context = context;
        log->number = 1;
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
        text_free(&(*log)->line);
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

// Whether CELL can be part of a word; what frames are drawn with cannot.
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
        text_clear(&log->line);
        for (size_t i = first; i < end; i++)
                text_add_utf8(&log->line, cells[i] ? cells[i] : ' ');
        const struct log_line line = {
                .number = log->begins_in,
                .offset = log->begins_at,
                .text = text_string(&log->line),
                .length = log->line.length,
                .cut = cut,
        };
        log->handler(&line, log->context);
}

// Hands on the cursor's row as it stands, if it has anything new. It stays as it is.
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

// The cursor is about to go to another row. Only a row of the screen is worth remembering.
static void leave_row(struct log *log)
{
        emit(log, false);
        if (!log->cursor.row_known || current_row(log)->width > COLUMNS)
                clear_row(current_row(log));
}

static void forget_screen(struct log *log)
{
        for (size_t i = 0; i < ROWS; i++)
                clear_row(&log->rows[i]);
}

static void reserve(struct row *row, size_t width)
{
        if (width <= row->capacity)
                return;
        size_t capacity = row->capacity ? row->capacity * 2 : SURE_COLUMNS;
        row->capacity = capacity < width ? width : capacity;
        row->cells = memory_resize(row->cells, row->capacity, sizeof *row->cells);
}

// What was written into the row so far may now be overwritten.
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
        log->redraw_at = log->character_at;
        log->redraw_in = log->number;
}

// The row as it stood before the redraw is about to go.
static void hand_on_before(struct log *log)
{
        hand_on(log, log->before, log->before_width, false);
        log->redrawing = false;
        log->changed = log->redraw_changed;
        log->begins_at = log->redraw_at;
        log->begins_in = log->redraw_in;
}

// Shows CODE_POINT (0: nothing) in a column that the row has.
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
        log->begins_at = log->character_at;
        log->begins_in = log->number;
}

static void widen(struct row *row, size_t width)
{
        reserve(row, width);
        for (; row->width < width; row->width++, row->bytes++)
                row->cells[row->width] = 0;
}

static void put(struct log *log, uint32_t code_point)
{
        // A line that flows begins anew, whatever stood in its row.
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
        change_cell(log, log->cursor.column, code_point);
        log->cursor.column++;
        log->last_character = code_point;
}

// The cursor.

// A row that is wider than any screen is a line that flows; nobody edits it. So no more than a screen's width is ever
// handed on again for what was changed in it.
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

// Whatever is erased from the cursor's row was a line, even where the cursor did not move back.
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

// Control sequences. Each function gets the first parameter, 0 where it is absent.

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
        move_to(log, at_least_one(row) - 1, at_least_one(log->parameters[1]) - 1);
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

// Text moves about on the screen: what is drawn afterwards tells where.
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

static const struct {
        char final;
        void (*act)(struct log *log, unsigned parameter);
} controls[] = {
        {'@', control_shift},
        {'A', control_up},
        {'B', control_down},
        {'C', control_right},
        {'D', control_left},
        {'E', control_next_line},
        {'F', control_previous_line},
        {'G', control_column},
        {'H', control_position},
        {'J', control_erase_screen},
        {'K', control_erase_row},
        {'L', control_shift},
        {'M', control_shift},
        {'P', control_shift},
        {'S', control_shift},
        {'T', control_shift},
        {'X', control_erase_characters},
        {'`', control_column},
        {'a', control_right},
        {'b', control_repeat},
        {'d', control_row},
        {'e', control_down},
        {'f', control_position},
        {'r', control_home},
        {'s', control_save},
        {'u', control_restore},
};

static void run_control(struct log *log, char final)
{
        // Of the private ones only the change to the other screen and back matters.
        if (log->prefix) {
                unsigned mode = log->parameters[0];
                if (log->prefix == '?' && (final == 'h' || final == 'l') &&
                    (mode == 47 || mode == 1047 || mode == 1049))
                        erase_screen(log);
                return;
        }
        for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
                if (controls[i].final == final) {
                        controls[i].act(log, log->parameters[0]);
                        return;
                }
        }
}

// Reading.

static void begin_sequence(struct log *log, enum state state)
{
        log->state = state;
        log->sequence_size = 0;
        log->parameter = 0;
        log->prefix = 0;
        memset(log->parameters, 0, sizeof log->parameters);
}

// An escape sequence of one character, or the 8-bit control that stands for it.
static void run_escape(struct log *log, uint8_t byte, bool c1)
{
        log->state = STATE_TEXT;
        switch (byte) {
        case '[':
                begin_sequence(log, STATE_CONTROL);
                break;
        case ']': // an operating system command, and the other strings
        case 'P':
        case 'X':
        case '^':
        case '_':
        case 'k':
                begin_sequence(log, STATE_STRING);
                log->string_is_c1 = c1;
                break;
        case 'D':
        case 'E':
                feed_line(log);
                break;
        case 'M':
                move_rows(log, -1);
                break;
        case '7':
                control_save(log, 0);
                break;
        case '8':
                control_restore(log, 0);
                break;
        case 'c':
                erase_screen(log);
                move_to(log, 0, 0);
                break;
        default:
                break;
        }
}

static void read_escape(struct log *log, uint8_t byte)
{
        if (byte < 0x20 || byte > 0x2F) {
                run_escape(log, byte, false);
                return;
        }
        begin_sequence(log, STATE_CHARACTER_SET);
        log->set = byte == '(' ? 0 : byte == ')' ? 1 : 2;
}

static void read_character_set(struct log *log, uint8_t byte)
{
        if (byte >= 0x20 && byte <= 0x2F)
                return;
        if (log->set < 2)
                log->graphics[log->set] = byte == '0';
        log->state = STATE_TEXT;
}

static void read_parameter(struct log *log, uint8_t byte)
{
        unsigned *parameter = &log->parameters[log->parameter < PARAMETERS ? log->parameter : PARAMETERS - 1];
        if (byte >= '0' && byte <= '9')
                *parameter = *parameter * 10 + (byte - '0') < PARAMETER_MOST ? *parameter * 10 + (byte - '0')
                                                                             : PARAMETER_MOST;
        else if (byte == ';' || byte == ':')
                log->parameter++;
        else if (byte >= '<' && byte <= '?')
                log->prefix = (char)byte;
        else
                log->prefix = '!'; // an intermediate byte makes another sequence of it
}

// False where BYTE is no part of the sequence, and is to be read as text.
static bool read_control(struct log *log, uint8_t byte)
{
        if (byte >= 0x20 && byte <= 0x3F) {
                read_parameter(log, byte);
                return true;
        }
        log->state = STATE_TEXT;
        if (byte < 0x40 || byte > 0x7E)
                return false;
        run_control(log, (char)byte);
        return true;
}

static void read_string(struct log *log, uint8_t byte)
{
        if (byte == ESC)
                log->state = STATE_STRING_ESCAPE;
        else if (byte == BEL || (byte == ST && log->string_is_c1))
                log->state = STATE_TEXT;
}

static uint32_t graphic(uint8_t byte)
{
        // DEC's special graphics, from 0x5F to 0x7E.
        static const uint16_t points[] = {
                ' ',    0x25C6, 0x2592, 0x2409, 0x240C, 0x240D, 0x240A, 0x00B0, 0x00B1, 0x2424, 0x240B,
                0x2518, 0x2510, 0x250C, 0x2514, 0x253C, 0x23BA, 0x23BB, 0x2500, 0x23BC, 0x23BD, 0x251C,
                0x2524, 0x2534, 0x252C, 0x2502, 0x2264, 0x2265, 0x03C0, 0x2260, 0x00A3, 0x00B7,
        };
        return points[byte - 0x5F];
}

// In text that flows a tab is part of the line, as blanks; elsewhere it moves the cursor.
static void tabulate(struct log *log)
{
        unsigned blanks = TAB_STOP - log->cursor.column % TAB_STOP;
        if (!log->flowing) {
                move_column(log, log->cursor.column + blanks);
                return;
        }
        while (blanks--)
                put(log, ' ');
}

static void read_c0(struct log *log, uint8_t byte)
{
        switch (byte) {
        case LF:
        case VT:
                feed_line(log);
                break;
        case FF:
                feed_line(log);
                forget_screen(log);
                break;
        case CR:
                return_carriage(log);
                break;
        case BS:
                control_left(log, 1);
                break;
        case HT:
                tabulate(log);
                break;
        case SO:
        case SI:
                log->shifted = byte == SO;
                break;
        default:
                break;
        }
}

static void read_character(struct log *log, uint32_t code_point)
{
        if (code_point >= C1_FIRST && code_point <= C1_LAST)
                run_escape(log, (uint8_t)(code_point - C1_TO_ESCAPE), true);
        else
                put(log, code_point);
}

// Takes one byte of UTF-8. False where it is not the continuation that was awaited, and is to be read anew.
static bool continue_character(struct log *log, uint8_t byte)
{
        bool continues = (byte & 0xC0) == 0x80;
        uint32_t code_point = log->code_point << 6 | (byte & 0x3F);
        // What can no longer become valid is broken off at once (Unicode 15, 3.9).
        uint32_t lowest = code_point << 6 * (log->awaited - 1),
                 highest = lowest | ((UINT32_C(1) << 6 * (log->awaited - 1)) - 1);
        if (!continues || highest < log->least || lowest > 0x10FFFF || (lowest >= 0xD800 && highest <= 0xDFFF)) {
                log->awaited = 0;
                put(log, REPLACEMENT);
                return false;
        }
        log->code_point = code_point;
        if (!--log->awaited)
                read_character(log, code_point);
        return true;
}

static void begin_character(struct log *log, uint8_t byte)
{
        static const struct {
                uint8_t first, last, mask;
                unsigned awaited;
                uint32_t least;
        } leads[] = {{0xC2, 0xDF, 0x1F, 1, 0x80}, {0xE0, 0xEF, 0x0F, 2, 0x800}, {0xF0, 0xF4, 0x07, 3, 0x10000}};
        for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
                if (byte < leads[i].first || byte > leads[i].last)
                        continue;
                log->code_point = byte & leads[i].mask;
                log->awaited = leads[i].awaited;
                log->least = leads[i].least;
                return;
        }
        if (byte >= C1_FIRST && byte <= C1_LAST)
                run_escape(log, (uint8_t)(byte - C1_TO_ESCAPE), true);
        else
                put(log, REPLACEMENT);
}

static void read_text(struct log *log, uint8_t byte)
{
        if (log->awaited && continue_character(log, byte))
                return;
        log->character_at = log->offset;
        if (byte == ESC)
                begin_sequence(log, STATE_ESCAPE);
        else if (byte < 0x20)
                read_c0(log, byte);
        else if (byte >= 0x5F && byte < DEL && log->graphics[log->shifted])
                put(log, graphic(byte));
        else if (byte < DEL)
                put(log, byte);
        else if (byte > DEL)
                begin_character(log, byte);
}

// Whether BYTE ends a sequence that did not come to its end: it was cut off by what else was written, or is none.
static bool breaks_sequence(struct log *log, uint8_t byte)
{
        if (log->state == STATE_TEXT)
                return false;
        bool string = log->state == STATE_STRING || log->state == STATE_STRING_ESCAPE;
        return byte == LF || byte == CAN || byte == SUB || ++log->sequence_size > SEQUENCE_LIMIT ||
               (!string && (byte == CR || byte == ESC || byte >= C1_FIRST)) ||
               (log->state == STATE_STRING_ESCAPE && byte != '\\');
}

static void read_byte(struct log *log, uint8_t byte)
{
        // What follows ESC in a string is a new sequence, if it does not end the string.
        if (breaks_sequence(log, byte))
                log->state = log->state == STATE_STRING_ESCAPE && byte >= 0x20 ? STATE_ESCAPE : STATE_TEXT;
        switch (log->state) {
        case STATE_TEXT:
                read_text(log, byte);
                break;
        case STATE_ESCAPE:
                read_escape(log, byte);
                break;
        case STATE_CHARACTER_SET:
                read_character_set(log, byte);
                break;
        case STATE_CONTROL:
                if (!read_control(log, byte))
                        read_text(log, byte);
                break;
        case STATE_STRING:
                read_string(log, byte);
                break;
        case STATE_STRING_ESCAPE:
                log->state = STATE_TEXT;
                break;
        }
}

void log_feed(struct log *log, const void *data, size_t size)
{
        const uint8_t *bytes = data;
        for (size_t i = 0; i < size; i++) {
                read_byte(log, bytes[i]);
                log->offset++;
                log->number += bytes[i] == LF;
        }
}

void log_finish(struct log *log)
{
        emit(log, false);
}

// What BdsDxe says.

static const struct {
        const char *text; // after "BdsDxe: "
        enum log_boot_verb verb;
} verbs[] = {
        {"loading Boot", LOG_BOOT_LOADING},
        {"starting Boot", LOG_BOOT_STARTING},
        {"failed to load Boot", LOG_BOOT_FAILED},
        {"failed to start Boot", LOG_BOOT_FAILED},
};

const char *log_boot_verb_text(enum log_boot_verb verb)
{
        static const char *const texts[] = {
                [LOG_BOOT_LOADING] = "loading",
                [LOG_BOOT_STARTING] = "starting",
                [LOG_BOOT_FAILED] = "failed",
        };
        return texts[verb];
}

void log_boot_free(struct log_boot *boot)
{
        free(boot->label);
        free(boot->path);
        free(boot->status);
        *boot = (struct log_boot){0};
}

// The last place of PART in TEXT: a label may hold anything.
static const char *find_last(const char *text, const char *part)
{
        const char *found = NULL;
        for (const char *at = text; (at = strstr(at, part)); at++)
                found = at;
        return found;
}

// Reads four hexadecimal digits and moves *AT behind them.
static bool parse_number(const char **at, uint16_t *number)
{
        static const char digits[] = "0123456789ABCDEFabcdef";
        unsigned value = 0;
        for (int i = 0; i < 4; i++, ++*at) {
                const char *digit = **at ? strchr(digits, **at) : NULL;
                if (!digit)
                        return false;
                value = value << 4 | (unsigned)(digit - digits < 16 ? digit - digits : digit - digits - 6);
        }
        *number = (uint16_t)value;
        return true;
}

// ` "LABEL" from PATH: STATUS`, of which the last comes only with failures.
static void parse_details(const char *at, struct log_boot *boot)
{
        static const char opening[] = " \"", from[] = "\" from ", separator[] = ": ";
        if (!text_starts_with(at, opening))
                return;
        at += strlen(opening);
        const char *path = find_last(at, from);
        if (!path) {
                const char *quote = strrchr(at, '"');
                boot->label = text_format("%.*s", (int)(quote ? quote - at : (ptrdiff_t)strlen(at)), at);
                return;
        }
        boot->label = text_format("%.*s", (int)(path - at), at);
        path += strlen(from);
        const char *status = boot->verb == LOG_BOOT_FAILED ? find_last(path, separator) : NULL;
        boot->path = text_format("%.*s", (int)(status ? status - path : (ptrdiff_t)strlen(path)), path);
        boot->status = status ? memory_text(status + strlen(separator)) : NULL;
}

bool log_parse_boot_line(const char *text, struct log_boot *boot)
{
        static const char speaker[] = "BdsDxe: ";
        *boot = (struct log_boot){0};
        const char *at = strstr(text, speaker);
        if (!at)
                return false;
        at += strlen(speaker);
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
                if (!text_starts_with(at, verbs[i].text))
                        continue;
                at += strlen(verbs[i].text);
                boot->verb = verbs[i].verb;
                if (!parse_number(&at, &boot->number)) {
                        *boot = (struct log_boot){0};
                        return false;
                }
                parse_details(at, boot);
                return true;
        }
        return false;
}
