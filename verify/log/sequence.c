// SPDX-License-Identifier: Apache-2.0
#include "verify/log/sequence.h"

#include <string.h>

#include "verify/log/vector.h"

enum {
        BEL = 0x07,
        LF = CONTROL_LF,
        CR = CONTROL_CR,
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
        PLAIN_LIMIT = 24, // bytes of a control sequence for the fast path
};

// How the next byte is interpreted.
enum {
        STATE_TEXT,
        STATE_CHARACTER,     // in a multi-byte character
        STATE_ESCAPE,        // after ESC
        STATE_CHARACTER_SET, // after ESC ( or ESC ), or another that takes one more byte
        STATE_CONTROL,       // in a control sequence, after CSI
        STATE_STRING,        // in an operating system command or its like, up to ST or BEL
        STATE_STRING_ESCAPE, // after ESC in one
};

// The reading functions return true if SEQUENCE is complete.

static bool complete(const struct sequence_decoder *decoder, struct sequence *sequence, enum sequence_kind kind,
                     uint32_t code)
{
        sequence->kind = kind;
        sequence->code = code;
        sequence->offset = decoder->began;
        sequence->line_feeds = decoder->line_feeds;
        return true;
}

// Sequences.

static void begin_sequence(struct sequence_decoder *decoder, unsigned state)
{
        decoder->state = state;
        decoder->size = 0;
        decoder->parameter = 0;
        decoder->prefix = 0;
        memset(decoder->parameters, 0, sizeof decoder->parameters);
}

// An escape sequence of one character, or the 8-bit control that stands for it.
static bool end_escape(struct sequence_decoder *decoder, uint8_t byte, bool c1, struct sequence *sequence)
{
        decoder->state = STATE_TEXT;
        switch (byte) {
        case '[':
                begin_sequence(decoder, STATE_CONTROL);
                return false;
        case ']': // an operating system command, and the other strings
        case 'P':
        case 'X':
        case '^':
        case '_':
        case 'k':
                begin_sequence(decoder, STATE_STRING);
                decoder->string_is_c1 = c1;
                return false;
        default:
                return byte > 0x2F && byte < DEL && complete(decoder, sequence, SEQUENCE_ESCAPE, byte);
        }
}

static bool read_escape(struct sequence_decoder *decoder, uint8_t byte, struct sequence *sequence)
{
        if (byte < 0x20 || byte > 0x2F)
                return end_escape(decoder, byte, false, sequence);
        begin_sequence(decoder, STATE_CHARACTER_SET);
        decoder->set = byte == '(' ? 0 : byte == ')' ? 1 : 2;
        return false;
}

static void read_character_set(struct sequence_decoder *decoder, uint8_t byte)
{
        if (byte >= 0x20 && byte <= 0x2F)
                return;
        if (decoder->set < 2)
                decoder->graphics[decoder->set] = byte == '0';
        decoder->state = STATE_TEXT;
}

static void read_parameter(struct sequence_decoder *decoder, uint8_t byte)
{
        size_t last = SEQUENCE_PARAMETERS - 1;
        unsigned *parameter = &decoder->parameters[decoder->parameter < last ? decoder->parameter : last];
        if (byte >= '0' && byte <= '9') {
                unsigned value = *parameter * 10 + (byte - '0');
                *parameter = value < SEQUENCE_PARAMETER_MOST ? value : SEQUENCE_PARAMETER_MOST;
        } else if (byte == ';' || byte == ':') {
                decoder->parameter++;
        } else if (byte >= '<' && byte <= '?') {
                decoder->prefix = (char)byte;
        } else {
                decoder->prefix = '!';
        }
}

static bool read_control(struct sequence_decoder *decoder, uint8_t byte, struct sequence *sequence)
{
        if (byte < 0x40) {
                read_parameter(decoder, byte);
                return false;
        }
        decoder->state = STATE_TEXT;
        complete(decoder, sequence, SEQUENCE_CONTROL, byte);
        memcpy(sequence->parameters, decoder->parameters, sizeof sequence->parameters);
        sequence->prefix = decoder->prefix;
        return true;
}

static void read_string(struct sequence_decoder *decoder, uint8_t byte)
{
        if (byte == ESC)
                decoder->state = STATE_STRING_ESCAPE;
        else if (byte == BEL || (byte == ST && decoder->string_is_c1))
                decoder->state = STATE_TEXT;
}

// Whether BYTE aborts an unfinished sequence: other output cut it off, or it was not a sequence.
static bool breaks_sequence(struct sequence_decoder *decoder, uint8_t byte)
{
        bool string = decoder->state == STATE_STRING || decoder->state == STATE_STRING_ESCAPE;
        return byte == LF || byte == CAN || byte == SUB || ++decoder->size > SEQUENCE_LIMIT ||
               (!string && (byte == CR || byte == ESC || byte >= C1_FIRST)) ||
               (decoder->state == STATE_CONTROL && (byte < 0x20 || byte == DEL)) ||
               (decoder->state == STATE_STRING_ESCAPE && byte != '\\');
}

// Characters.

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

static bool read_c0(struct sequence_decoder *decoder, uint8_t byte, struct sequence *sequence)
{
        if (byte != SO && byte != SI)
                return complete(decoder, sequence, SEQUENCE_SINGLE, byte);
        decoder->shifted = byte == SO;
        return false;
}

// Whether BYTE is not a continuation byte as expected, or makes the UTF-8 invalid.
static bool breaks_character(const struct sequence_decoder *decoder, uint8_t byte)
{
        unsigned open_bits = 6 * (decoder->awaited - 1);
        uint32_t lowest = (decoder->code_point << 6 | (byte & 0x3F)) << open_bits;
        uint32_t highest = lowest | ((UINT32_C(1) << open_bits) - 1);
        return (byte & 0xC0) != 0x80 || highest < decoder->least || lowest > 0x10FFFF ||
               (lowest >= 0xD800 && highest <= 0xDFFF);
}

static bool continue_character(struct sequence_decoder *decoder, uint8_t byte, struct sequence *sequence)
{
        decoder->code_point = decoder->code_point << 6 | (byte & 0x3F);
        if (--decoder->awaited)
                return false;
        decoder->state = STATE_TEXT;
        if (decoder->code_point >= C1_FIRST && decoder->code_point <= C1_LAST)
                return end_escape(decoder, (uint8_t)(decoder->code_point - C1_TO_ESCAPE), true, sequence);
        return complete(decoder, sequence, SEQUENCE_CHARACTER, decoder->code_point);
}

static bool begin_character(struct sequence_decoder *decoder, uint8_t byte, struct sequence *sequence)
{
        static const struct {
                uint8_t first, last, mask;
                unsigned awaited;
                uint32_t least;
        } leads[] = {{0xC2, 0xDF, 0x1F, 1, 0x80}, {0xE0, 0xEF, 0x0F, 2, 0x800}, {0xF0, 0xF4, 0x07, 3, 0x10000}};
        for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
                if (byte < leads[i].first || byte > leads[i].last)
                        continue;
                decoder->state = STATE_CHARACTER;
                decoder->code_point = byte & leads[i].mask;
                decoder->awaited = leads[i].awaited;
                decoder->least = leads[i].least;
                return false;
        }
        if (byte >= C1_FIRST && byte <= C1_LAST)
                return end_escape(decoder, (uint8_t)(byte - C1_TO_ESCAPE), true, sequence);
        return complete(decoder, sequence, SEQUENCE_CHARACTER, REPLACEMENT);
}

static bool read_text(struct sequence_decoder *decoder, uint8_t byte, struct sequence *sequence)
{
        decoder->began = decoder->offset;
        if (byte >= 0x20 && byte < DEL) {
                bool is_graphic = byte >= 0x5F && decoder->graphics[decoder->shifted];
                return complete(decoder, sequence, SEQUENCE_CHARACTER, is_graphic ? graphic(byte) : byte);
        }
        if (byte == ESC) {
                begin_sequence(decoder, STATE_ESCAPE);
                return false;
        }
        if (byte < 0x20)
                return read_c0(decoder, byte, sequence);
        return byte != DEL && begin_character(decoder, byte, sequence);
}

static bool read_byte(struct sequence_decoder *decoder, uint8_t byte, struct sequence *sequence)
{
        // ESC in a string starts a new sequence unless it ends the string.
        if (decoder->state > STATE_CHARACTER && breaks_sequence(decoder, byte))
                decoder->state = decoder->state == STATE_STRING_ESCAPE && byte >= 0x20 ? STATE_ESCAPE : STATE_TEXT;
        switch (decoder->state) {
        case STATE_TEXT:
                return read_text(decoder, byte, sequence);
        case STATE_CHARACTER:
                return continue_character(decoder, byte, sequence);
        case STATE_ESCAPE:
                return read_escape(decoder, byte, sequence);
        case STATE_CONTROL:
                return read_control(decoder, byte, sequence);
        case STATE_CHARACTER_SET:
                read_character_set(decoder, byte);
                return false;
        case STATE_STRING:
                read_string(decoder, byte);
                return false;
        default: // the end of a string
                decoder->state = STATE_TEXT;
                return false;
        }
}

// How many bytes at the front of INPUT are NUL, which is filler, not a control (ECMA-48, 8.3.88).
static size_t filling(struct bytes input)
{
        size_t length = 0;
        for (uint64_t word; length + sizeof word <= input.size; length += sizeof word) {
                memcpy(&word, input.data + length, sizeof word);
                if (word)
                        break;
        }
        while (length < input.size && !input.data[length])
                length++;
        return length;
}

// Not inlined, so that the fast path in sequence_next does not save registers that only this needs.
__attribute__((noinline)) static bool read_bytes(struct sequence_decoder *decoder, struct bytes *input,
                                                 struct sequence *sequence)
{
        while (input->size) {
                uint8_t byte = *input->data;
                if (decoder->state == STATE_TEXT && !byte) {
                        sequence_skip_plain(decoder, input, filling(*input), 0);
                        continue;
                }
                if (decoder->state == STATE_CHARACTER && breaks_character(decoder, byte)) {
                        // BYTE is not part of it and is read again.
                        decoder->state = STATE_TEXT;
                        return complete(decoder, sequence, SEQUENCE_CHARACTER, REPLACEMENT);
                }
                bool whole = read_byte(decoder, byte, sequence);
                decoder->line_feeds += byte == LF;
                decoder->offset++;
                *input = (struct bytes){input->data + 1, input->size - 1};
                if (whole)
                        return true;
        }
        return false;
}

// The fast path for the usual control sequence: digits and semicolons, then the final byte, all in INPUT. False for any
// other.
static bool read_plain_control(struct sequence_decoder *decoder, struct bytes *input, struct sequence *sequence)
{
        if (input->size < 3 || input->data[1] != '[')
                return false;
        unsigned value = 0;
        size_t count = 0, end = input->size < PLAIN_LIMIT ? input->size : PLAIN_LIMIT, at = 2;
        for (; at < end; at++) {
                uint8_t byte = input->data[at];
                if (byte >= '0' && byte <= '9') {
                        value = value * 10 + (byte - '0');
                        if (value > SEQUENCE_PARAMETER_MOST)
                                return false;
                        continue;
                }
                if (count == SEQUENCE_PARAMETERS)
                        return false;
                sequence->parameters[count++] = value;
                value = 0;
                if (byte != ';')
                        break;
        }
        if (at == end || input->data[at] < 0x40 || input->data[at] >= DEL)
                return false;
        decoder->began = decoder->offset;
        complete(decoder, sequence, SEQUENCE_CONTROL, input->data[at]);
        while (count < SEQUENCE_PARAMETERS)
                sequence->parameters[count++] = 0;
        sequence->prefix = 0;
        decoder->offset += at + 1;
        *input = (struct bytes){input->data + at + 1, input->size - at - 1};
        return true;
}

size_t sequence_plain_length(const struct sequence_decoder *decoder, struct bytes input)
{
        size_t length = 0;
        if (decoder->state != STATE_TEXT || decoder->graphics[decoder->shifted])
                return 0;
        for (; length + sizeof(vector) <= input.size; length += sizeof(vector)) {
                vector block = vector_load(input.data + length);
                size_t plain = vector_first((vector)((block < 0x20) | (block == DEL)));
                if (plain < sizeof(vector))
                        return length + plain;
        }
        while (length < input.size && input.data[length] >= 0x20 && input.data[length] < DEL)
                length++;
        return length;
}

void sequence_skip_plain(struct sequence_decoder *decoder, struct bytes *input, size_t length, size_t line_feeds)
{
        decoder->offset += length;
        decoder->line_feeds += line_feeds;
        *input = (struct bytes){input->data + length, input->size - length};
}

// Nearly every byte is plain text and is taken without further checks.
bool sequence_next(struct sequence_decoder *decoder, struct bytes *input, struct sequence *sequence)
{
        uint8_t byte = input->size ? *input->data : 0;
        if (decoder->state != STATE_TEXT || byte < 0x20 || byte >= 0x5F)
                return (decoder->state == STATE_TEXT && byte == ESC && read_plain_control(decoder, input, sequence)) ||
                       read_bytes(decoder, input, sequence);
        sequence->kind = SEQUENCE_CHARACTER;
        sequence->code = byte;
        sequence->offset = decoder->offset++;
        sequence->line_feeds = decoder->line_feeds;
        *input = (struct bytes){input->data + 1, input->size - 1};
        return true;
}
