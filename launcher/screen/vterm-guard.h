// SPDX-License-Identifier: Apache-2.0
//
// What stands between a guest's bytes and libvterm, so that no guest ends or stops the program that draws its screen.
//
// libvterm 0.1.4 (Debian 12) and 0.3.3 (Debian 13) trust their input too much:
//
// - Broken or cut UTF-8 can make more code points than bytes, which both versions write past a buffer. What is broken
//   becomes U+FFFD, and the beginning of a character waits for the rest of it.
// - U+0080 to U+009F have a width of -1 and lead to cells outside the screen. They become U+00A0.
// - A control sequence (CSI; ECMA-48, 5.4) has room for 16 parameters, and more are written past it. The separators of
//   more are left out.
// - REP (CSI b; ECMA-48, 8.3.103) repeats a character without a width for ever, and one of two columns beyond the end of
//   the row. Only a character known to take one column is repeated; any other REP is cancelled.
// - Strings (DCS, OSC, SOS, PM, APC) end at different bytes in the two, and 0.1.4 takes a number for a pointer when it
//   answers a DECRQSS. They show nothing, and are left out.
// - All characters that combine with the same one are kept and walked through for each more, without limit, and 0.1.4
//   adds up their widths, beyond the end of the row. After 32 in a row that may combine, the next becomes U+FFFD.
//
// Everything else reaches libvterm unchanged.
//
// Its grammar is libvterm's, errors included, and not that of verify/log/sequence: what one of them takes for text, the other
// may obey.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vterm.h>

// Where a guest's stream is. Begins zeroed, for a new terminal that gets all its bytes through vterm_guard_write.
struct vterm_guard {
        enum {
                GUARD_TEXT,
                GUARD_ESCAPE,   // after ESC
                GUARD_SEQUENCE, // in what either version takes for a control sequence
                GUARD_STRING,
        } state;
        unsigned separators; // of parameters, in the control sequence so far
        unsigned pile;       // how many characters in a row may combine with the one before them
        bool repeatable;     // the last character takes one column
        char cut[4];         // the beginning of a character
        size_t cut_size;
};

// Writes the guest's next SIZE bytes to TERMINAL, which has 80 columns and reads UTF-8 (vterm_set_utf8).
void vterm_guard_write(struct vterm_guard *guard, VTerm *terminal, const void *bytes, size_t size);

// How many columns CHARACTER takes: 1 or 2 if that is known and it never combines with another; else 0.
int vterm_guard_columns(uint32_t character);
