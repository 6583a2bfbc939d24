// SPDX-License-Identifier: Apache-2.0
//
// Decodes terminal output: takes bytes in any pieces, and returns the items that a terminal acts on, one by one.
//
// The bytes are characters in UTF-8 and controls (ECMA-48, and what the VT100 and xterm add):
//
//         a  é  中                      characters
//         BS  HT  LF  CR                single controls, 0x01 to 0x1F (C0); NUL and DEL are ignored
//         ESC M                         escape sequences; 0x8D, bare or as U+008D, is the same one (C1)
//         ESC [ 5 ; 10 H                control sequences: parameters and a final byte that names the function
//         ESC ] 0 ; title BEL           strings for the terminal itself: no item
//         ESC ( 0                       character sets: letters are line graphics until another set is chosen
//
// The input is untrusted; memory is constant. Invalid UTF-8 becomes U+FFFD as soon as it cannot become valid (Unicode
// 15, 3.9). An unterminated sequence is dropped without losing anything after it.
//
// Source: ECMA-48, 5th edition, 5.2 to 5.6; DEC VT100 User Guide, chapter 3 (the line graphics); xterm, ctlseqs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
        SEQUENCE_PARAMETERS = 4,        // of a control sequence; further ones replace the last
        SEQUENCE_PARAMETER_MOST = 9999, // larger values are clamped
        SEQUENCE_LIMIT = 4096,          // bytes after which a sequence that does not end is dropped
};

// The single controls that move a cursor. Others are reported too.
enum {
        CONTROL_BS = 0x08,
        CONTROL_HT = 0x09,
        CONTROL_LF = 0x0A,
        CONTROL_VT = 0x0B,
        CONTROL_FF = 0x0C,
        CONTROL_CR = 0x0D,
};

enum sequence_kind {
        SEQUENCE_CHARACTER, // `code` is a code point, never a control
        SEQUENCE_SINGLE,    // a single control, `code`
        SEQUENCE_ESCAPE,    // ESC and `code`, or the 8-bit control that stands for it
        SEQUENCE_CONTROL,   // a control sequence that ends with `code`
};

struct sequence {
        enum sequence_kind kind;
        uint32_t code;
        // Of a control sequence. A missing parameter is 0. PREFIX is '?' or a similar byte before the parameters, '!'
        // for an intermediate byte, or 0.
        unsigned parameters[SEQUENCE_PARAMETERS];
        char prefix;
        uint64_t offset;     // of its first byte in the whole input, from 0
        uint64_t line_feeds; // read before it
};

// The state between pieces. Start from {0}; the members are private to the decoder.
struct sequence_decoder {
        uint64_t offset, line_feeds; // of the current byte
        uint64_t began;              // the offset of the current item

        unsigned state;
        size_t size; // of the sequence so far
        unsigned parameters[SEQUENCE_PARAMETERS];
        size_t parameter;
        char prefix;
        bool string_is_c1; // a string that began with an 8-bit control, and may end with one
        unsigned set;      // the character set being designated, 0 or 1, or 2 for none
        bool graphics[2];  // whether each set is line graphics
        unsigned shifted;  // the set in use

        uint32_t code_point; // of the current character
        uint32_t least;      // its minimum, to reject overlong encodings
        unsigned awaited;    // bytes still expected
};

// Removes the next item from the front of INPUT. False if INPUT ended first: the item continues in the next piece. How
// the bytes are split into pieces makes no difference.
bool sequence_next(struct sequence_decoder *decoder, struct bytes *input, struct sequence *sequence);

// For a reader that handles many characters at once: how many bytes at the front of INPUT are printable ASCII
// characters that stand for themselves.
size_t sequence_plain_length(const struct sequence_decoder *decoder, struct bytes input);

// Removes LENGTH bytes that the reader has handled itself: such characters, CR, and LINE_FEEDS LFs.
void sequence_skip_plain(struct sequence_decoder *decoder, struct bytes *input, size_t length, size_t line_feeds);
