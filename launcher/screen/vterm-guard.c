// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/vterm-guard.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
        KEPT_LIMIT = 4096, // lasting sequences that are remembered of one stretch; one that has more is passed on
        LINES_KEPT = 64,   // the starts of the last lines
        // From wherever the cursor is, so many line feeds bring it to the last row of the screen, and then a new row in for
        // each of the old ones.
        LINES_SEEN = 24 + 24,

        BEL = 0x07,
        CAN = 0x18,
        SUB = 0x1A,
        ESC = 0x1B,
        DEL = 0x7F,
};

// How libvterm's parser takes the next byte.
enum state {
        STATE_TEXT,
        STATE_ESCAPE,        // after ESC
        STATE_CONTROL,       // after CSI
        STATE_ARGUMENTS,     // in a control sequence, after what stands before its arguments
        STATE_INTERMEDIATES, // ... after them
        STATE_STRING,        // of DCS or OSC
        STATE_STRING_ESCAPE, // after ESC in one
};

enum kind {
        KIND_RENDITION,
        KIND_CURSOR, // whether it is shown
        KIND_COUNT
};

// A sequence that sets what lasts, but nothing on the screen.
struct kept {
        size_t begin, end;
        enum kind kind;
        bool resets; // those of its kind before it are vain
};

struct backlog {
        backlog_sink *sink;
        void *context;
        const uint8_t *batch;

        enum state state;
        bool intermediate; // one stood in the escape or control sequence
        size_t sequence;   // where in the batch the sequence begins
        size_t arguments;  // ... and its arguments
        bool whole;        // it began in this stretch

        // libvterm's decoder of UTF-8. It is not used, and keeps its state, for text that begins with ASCII.
        uint32_t code_point;
        unsigned awaited; // bytes
        bool decoding;
        bool repeatable; // the last character has a width
        bool region;     // perhaps not the whole screen scrolls
        bool margins;    // ... and will not, before a reset

        // The stretch of the batch that can perhaps be left out in part: from PASSED, up to where the terminal has
        // everything, to the next sequence that is not understood.
        size_t passed;
        bool open;     // it began in the midst of nothing
        bool restarts; // all that came before RESTART in it can be left out but for what is kept
        size_t restart;
        bool erased, placed; // by the last sequences, of which the first one began at CLEARING
        size_t clearing;
        bool cleared; // both, from CLEARED_AT on; the next character decides
        size_t cleared_at;
        bool line_begins; // at LINE, if a character of ASCII comes next
        size_t line;
        size_t lines[LINES_KEPT];
        size_t line_count; // in the plain text at the end of the stretch
        struct kept kept[KEPT_LIMIT];
        size_t kept_count;
};

struct backlog *backlog_new(backlog_sink *sink, void *context)
{
        struct backlog *backlog = memory_new(1, sizeof *backlog);
        backlog->sink = sink;
        backlog->context = context;
        return backlog;
}

void backlog_free(struct backlog **backlog)
{
        free(*backlog);
        *backlog = NULL;
}

// Passing on.

static void pass(struct backlog *backlog, size_t begin, size_t end)
{
        if (begin < end)
                backlog->sink((const char *)backlog->batch + begin, end - begin, backlog->context);
}

// If enough lines came, what was before the last of them has gone.
static void leave_out_lines(struct backlog *backlog)
{
        if (backlog->line_count <= LINES_SEEN || backlog->region || !backlog->open)
                return;
        backlog->restart = backlog->lines[(backlog->line_count - 1 - LINES_SEEN) % LINES_KEPT];
        backlog->restarts = true;
}

static void end_plain_text(struct backlog *backlog)
{
        leave_out_lines(backlog);
        backlog->line_count = 0;
        backlog->line_begins = false;
}

// Forgets the sequences before the restart that later ones have made vain.
static void forget_vain(struct backlog *backlog)
{
        size_t reset[KIND_COUNT] = {0}, left = 0;
        for (size_t i = 0; i < backlog->kept_count && backlog->kept[i].begin < backlog->restart; i++) {
                if (backlog->kept[i].resets)
                        reset[backlog->kept[i].kind] = i;
        }
        for (size_t i = 0; i < backlog->kept_count; i++) {
                if (i >= reset[backlog->kept[i].kind])
                        backlog->kept[left++] = backlog->kept[i];
        }
        backlog->kept_count = left;
}

static void begin_stretch(struct backlog *backlog, size_t at)
{
        backlog->passed = at;
        backlog->open = !backlog->awaited && backlog->state == STATE_TEXT;
        backlog->restarts = backlog->erased = backlog->placed = backlog->cleared = backlog->whole = false;
        backlog->line_begins = false;
        backlog->line_count = backlog->kept_count = 0;
}

// Ends the stretch at END: the terminal gets what it must of it.
static void end_stretch(struct backlog *backlog, size_t end)
{
        end_plain_text(backlog);
        if (backlog->restarts) {
                forget_vain(backlog);
                for (size_t i = 0; i < backlog->kept_count && backlog->kept[i].begin < backlog->restart; i++)
                        pass(backlog, backlog->kept[i].begin, backlog->kept[i].end);
                pass(backlog, backlog->restart, end);
        } else {
                pass(backlog, backlog->passed, end);
        }
        begin_stretch(backlog, end);
}

// Passes ANOTHER byte in place of the one at AT.
static void replace(struct backlog *backlog, size_t at, char another)
{
        end_stretch(backlog, at);
        backlog->sink(&another, 1, backlog->context);
        begin_stretch(backlog, at + 1);
}

// Text.

static bool is_ascii(uint8_t byte)
{
        return byte >= ' ' && byte < DEL;
}

// A byte of each 8 that is no printable ASCII has its highest bit set in the result.
static uint64_t not_ascii(uint64_t bytes)
{
        const uint64_t ones = UINT64_MAX / 255;
        // Below 0x20: the subtraction borrows. DEL: the addition carries.
        return (bytes | (bytes - ones * ' ') | (bytes + ones)) & ones << 7;
}

static size_t ascii_length(const uint8_t *bytes, size_t size)
{
        size_t length = 0;
        for (uint64_t word; length + sizeof word <= size; length += sizeof word) {
                memcpy(&word, bytes + length, sizeof word);
                if (not_ascii(word))
                        break;
        }
        while (length < size && is_ascii(bytes[length]))
                length++;
        return length;
}

// What is drawn now combines with nothing that was drawn before: the cursor is where a line begins, or where it was placed.
static void settle(struct backlog *backlog)
{
        if (backlog->cleared) {
                backlog->restart = backlog->cleared_at;
                backlog->restarts = true;
        }
        if (backlog->line_begins)
                backlog->lines[backlog->line_count++ % LINES_KEPT] = backlog->line;
}

static void end_clearing(struct backlog *backlog)
{
        backlog->cleared = backlog->erased = backlog->placed = backlog->line_begins = false;
}

// Takes the printable ASCII at AT and returns where it ends.
static size_t take_ascii(struct backlog *backlog, size_t at, size_t size)
{
        settle(backlog);
        end_clearing(backlog);
        backlog->repeatable = true;
        if (backlog->decoding)
                backlog->awaited = 0;
        return at + ascii_length(backlog->batch + at, size - at);
}

static void decode(struct backlog *backlog, uint8_t byte)
{
        backlog->decoding = true;
        backlog->repeatable = false;
        if (byte >= 0xFE || (byte < 0xC0 && !backlog->awaited))
                return;
        if (byte < 0xC0) {
                backlog->code_point = backlog->code_point << 6 | (byte & 0x3F);
                backlog->awaited--;
                return;
        }
        backlog->awaited = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : byte < 0xF8 ? 3 : byte < 0xFC ? 4 : 5;
        backlog->code_point = byte & (0x3F >> backlog->awaited);
}

static bool is_narrow(uint32_t code_point)
{
        return (code_point >= 0xA0 && code_point < 0x300) || (code_point >= 0x2500 && code_point < 0x25A0);
}

static void take_other_text(struct backlog *backlog, size_t at)
{
        uint8_t byte = backlog->batch[at];
        end_clearing(backlog);
        if (byte < 0xA0 && backlog->awaited == 1 && backlog->code_point == 2) {
                backlog->awaited = 0;
                replace(backlog, at, '\xA0');
                return;
        }
        bool ends = byte < 0xC0 && backlog->awaited == 1;
        decode(backlog, byte);
        backlog->repeatable = ends && is_narrow(backlog->code_point);
}

// Control characters.

static void take_control(struct backlog *backlog, size_t at)
{
        static const uint32_t moves = 1 << '\b' | 1 << '\t' | 1 << '\n' | 1 << '\v' | 1 << '\f' | 1 << '\r' | 1 << BEL;
        const uint8_t *bytes = backlog->batch + at;
        backlog->erased = backlog->placed = false;
        backlog->line_begins = *bytes == '\n' && at > backlog->passed && bytes[-1] == '\r' && !backlog->awaited;
        backlog->line = at + 1;
        bool understood = backlog->state == STATE_TEXT && (moves >> *bytes & 1);
        if (!understood || (!backlog->open && !backlog->awaited))
                end_stretch(backlog, at + 1);
}

// Sequences.

static void keep(struct backlog *backlog, size_t end, enum kind kind, bool resets)
{
        if (backlog->kept_count == KEPT_LIMIT) {
                leave_out_lines(backlog);
                if (backlog->restarts)
                        forget_vain(backlog);
        }
        if (backlog->kept_count == KEPT_LIMIT) {
                end_stretch(backlog, end);
                return;
        }
        backlog->kept[backlog->kept_count++] = (struct kept){backlog->sequence, end, kind, resets};
}

// Half of what clears the screen: the erasure or the placement.
static void clear_half(struct backlog *backlog, bool *half, bool other_half)
{
        if (!backlog->erased && !backlog->placed)
                backlog->clearing = backlog->sequence;
        *half = true;
        if (!other_half || !backlog->open || backlog->awaited)
                return;
        backlog->cleared = true;
        backlog->cleared_at = backlog->clearing;
}

// Whether the arguments of the sequence that ends at END are just TEXT.
static bool arguments_are(const struct backlog *backlog, size_t end, const char *text)
{
        size_t length = strlen(text);
        return end - backlog->arguments == length && memcmp(backlog->batch + backlog->arguments, text, length) == 0;
}

// A control sequence, all of it in this stretch, without anything but digits and their separators before its end.
static void take_plain_sequence(struct backlog *backlog, size_t at)
{
        uint8_t final = backlog->batch[at];
        const uint8_t *arguments = backlog->batch + backlog->arguments;
        if (final == 'm') {
                keep(backlog, at + 1, KIND_RENDITION,
                     *arguments == 'm' || (*arguments == '0' && (arguments[1] == 'm' || arguments[1] == ';')));
                return;
        }
        end_plain_text(backlog);
        if (final == 'H' || final == 'f') {
                clear_half(backlog, &backlog->placed, backlog->erased);
        } else if (final == 'J' && arguments_are(backlog, at, "2")) {
                clear_half(backlog, &backlog->erased, backlog->placed);
        } else if (strchr("@ABCDEFGIJKLMPSTXZ`abde", final)) {
                backlog->erased = backlog->placed = false;
                backlog->cleared = backlog->cleared && final != 'b';
        } else {
                end_stretch(backlog, at + 1);
        }
}

// What a control sequence says about scrolling.
static void note_scrolling(struct backlog *backlog, size_t at)
{
        uint8_t final = backlog->batch[at];
        if (final == 'h' && !backlog->whole)
                backlog->margins = true;
        if (final == 'h' && backlog->whole)
                backlog->margins =
                        backlog->margins || memchr(backlog->batch + backlog->sequence, '6', at - backlog->sequence);
        if (final == 'r')
                backlog->region = !backlog->whole || at - backlog->sequence > 2;
        backlog->region = backlog->region || backlog->margins;
}

static void end_control_sequence(struct backlog *backlog, size_t at)
{
        uint8_t final = backlog->batch[at];
        enum state state = backlog->state;
        backlog->state = STATE_TEXT;
        if (final == 'b' && !backlog->repeatable) {
                replace(backlog, at, CAN);
                return;
        }
        if (final == 'h' || final == 'r') {
                end_plain_text(backlog);
                note_scrolling(backlog, at);
        }
        bool plain = backlog->whole && state != STATE_INTERMEDIATES && backlog->arguments == backlog->sequence + 2;
        if (plain)
                take_plain_sequence(backlog, at);
        else if (backlog->whole && (final == 'h' || final == 'l') && arguments_are(backlog, at, "25"))
                keep(backlog, at + 1, KIND_CURSOR, true);
        else
                end_stretch(backlog, at + 1);
}

static void take_in_control_sequence(struct backlog *backlog, size_t at)
{
        uint8_t byte = backlog->batch[at];
        if (backlog->state == STATE_CONTROL && byte >= '<' && byte <= '?') {
                backlog->arguments = at + 1;
                return;
        }
        if (backlog->state == STATE_CONTROL)
                backlog->state = STATE_ARGUMENTS;
        if (backlog->state == STATE_ARGUMENTS && byte >= '0' && byte <= ';')
                return;
        if (byte >= ' ' && byte < '0') {
                backlog->state = STATE_INTERMEDIATES;
        } else if (byte >= '@' && byte < DEL) {
                end_control_sequence(backlog, at);
        } else {
                backlog->state = STATE_TEXT;
                end_stretch(backlog, at + 1);
        }
}

static void take_in_escape_sequence(struct backlog *backlog, size_t at)
{
        uint8_t byte = backlog->batch[at];
        if (byte == '[') {
                backlog->state = STATE_CONTROL;
                backlog->arguments = at + 1;
                backlog->whole = backlog->whole && !backlog->intermediate;
                return;
        }
        if (byte == 'P' || byte == ']') {
                backlog->state = STATE_STRING;
        } else if (byte >= ' ' && byte < '0') {
                backlog->intermediate = true;
                // Lines of double width stay where they are when the screen scrolls.
                backlog->margins = backlog->margins || byte == '#';
                backlog->region = backlog->region || backlog->margins;
        } else if (byte < DEL) {
                backlog->state = STATE_TEXT;
                // Whatever it was, a screen that is reset scrolls as a whole, and a character is not repeated beyond that.
                backlog->repeatable = false;
                end_plain_text(backlog);
                if (byte == 'c' && !backlog->intermediate)
                        backlog->region = backlog->margins = false;
        }
        end_stretch(backlog, at + 1);
}

static void take_in_string(struct backlog *backlog, size_t at)
{
        if (backlog->state == STATE_STRING_ESCAPE && backlog->batch[at] != '\\') {
                backlog->state = STATE_ESCAPE;
                take_in_escape_sequence(backlog, at);
                return;
        }
        if (backlog->state == STATE_STRING_ESCAPE || backlog->batch[at] == BEL) {
                backlog->state = STATE_TEXT;
                end_stretch(backlog, at + 1);
        }
}

static void take_escape(struct backlog *backlog, size_t at)
{
        if (backlog->state != STATE_TEXT)
                end_stretch(backlog, at);
        backlog->state = backlog->state == STATE_STRING ? STATE_STRING_ESCAPE : STATE_ESCAPE;
        backlog->sequence = at;
        backlog->whole = true;
        backlog->intermediate = false;
}

static void take_byte(struct backlog *backlog, size_t at)
{
        uint8_t byte = backlog->batch[at];
        backlog->decoding = backlog->decoding && byte >= 0x80;
        if (!byte || byte == DEL)
                return;
        if (byte == CAN || byte == SUB) {
                backlog->state = STATE_TEXT;
                end_stretch(backlog, at + 1);
        } else if (byte == ESC) {
                take_escape(backlog, at);
        } else if (byte < ' ' && !(byte == BEL && backlog->state == STATE_STRING)) {
                take_control(backlog, at);
        } else if (backlog->state == STATE_TEXT) {
                take_other_text(backlog, at);
        } else if (backlog->state == STATE_ESCAPE) {
                take_in_escape_sequence(backlog, at);
        } else if (backlog->state >= STATE_STRING) {
                take_in_string(backlog, at);
        } else {
                take_in_control_sequence(backlog, at);
        }
}

void backlog_feed(struct backlog *backlog, const void *data, size_t size)
{
        backlog->batch = data;
        backlog->decoding = false;
        begin_stretch(backlog, 0);
        for (size_t at = 0; at < size;) {
                if (backlog->state == STATE_TEXT && is_ascii(backlog->batch[at]))
                        at = take_ascii(backlog, at, size);
                else
                        take_byte(backlog, at++);
        }
        end_stretch(backlog, size);
}
