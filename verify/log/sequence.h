// SPDX-License-Identifier: Apache-2.0
//
// The decoder of terminal sequences: bytes go in, in any pieces; what a terminal would act on comes out, item by item.
//
// A terminal's bytes are characters in UTF-8 with controls between them (ECMA-48, and what the VT100 and xterm add):
//
//         a  é  中                      characters
//         BS  HT  LF  CR                single controls, 0x01 to 0x1F (C0); NUL and DEL are filling
//         ESC M                         escape sequences; 0x8D, bare or as U+008D, is the same one (C1)
//         ESC [ 5 ; 10 H                control sequences: parameters and a final byte that names the function
//         ESC ] 0 ; title BEL           strings for the terminal itself: no item
//         ESC ( 0                       character sets: letters are line graphics until another set is chosen
//
// The input is untrusted and memory does not grow. Invalid UTF-8 becomes U+FFFD as soon as it can no longer become
// valid (Unicode 15, 3.9). An unterminated sequence is dropped without losing anything after it, above all no line.
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

// The single controls that move a cursor. The others are reported too.
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
        // Of a control sequence. A missing parameter is 0; PREFIX is the byte that makes it another sequence ('?' and
        // its like before the parameters, '!' for an intermediate byte), or 0.
        unsigned parameters[SEQUENCE_PARAMETERS];
        char prefix;
        uint64_t offset;     // of its first byte in all that was read, from 0
        uint64_t line_feeds; // that were read before it
};

// The state between pieces. Start from {0}; the members are private to the decoder.
struct sequence_decoder {
        uint64_t offset, line_feeds; // of the byte that is read
        uint64_t began;              // the offset of the first byte of what is being read

        unsigned state;
        size_t size; // of the sequence so far
        unsigned parameters[SEQUENCE_PARAMETERS];
        size_t parameter;
        char prefix;
        bool string_is_c1; // a string that began with an 8-bit control, and may end with one
        unsigned set;      // the character set that is being designated, 0 or 1, or 2 for none
        bool graphics[2];  // whether that set is the one of line graphics
        unsigned shifted;  // which of them is in use

        uint32_t code_point; // of the UTF-8 that is read
        uint32_t least;      // its minimum, to reject overlong encodings
        unsigned awaited;    // bytes of it still expected
};

// Reads up to the end of the next item and removes it from the front of INPUT. False if INPUT ended first: the item
// continues with the next piece. How the bytes are split into pieces makes no difference.
bool sequence_next(struct sequence_decoder *decoder, struct bytes *input, struct sequence *sequence);

// For a reader that can take many characters at once: how many unread bytes at the front of INPUT are printable ASCII
// characters that stand for themselves.
size_t sequence_plain_length(const struct sequence_decoder *decoder, struct bytes input);

// Removes LENGTH bytes from the front of INPUT that the reader has handled itself: such characters, and CR and LF
// between them. LINE_FEEDS of them were LF.
void sequence_skip_plain(struct sequence_decoder *decoder, struct bytes *input, size_t length, size_t line_feeds);
