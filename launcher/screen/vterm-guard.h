// SPDX-License-Identifier: Apache-2.0
//
// Filters a guest's bytes before libvterm sees them, so that no guest can crash or hang the program that draws its
// screen.
//
// Defects of libvterm 0.1.4 (Debian 12) and 0.3.3 (Debian 13), and what the guard does:
//
// - Invalid or split UTF-8 can yield more code points than bytes, which both write past a buffer. Invalid UTF-8 becomes
//   U+FFFD, and the start of a character waits for the rest of it.
// - U+0080 to U+009F have a width of -1 and lead to cells outside the screen. They become U+00A0.
// - A control sequence (CSI; ECMA-48, 5.4) has room for 16 parameters, and further ones are written past it. Their
//   separators are left out.
// - REP (CSI b; ECMA-48, 8.3.103) repeats a character without width forever, and one of two columns beyond the end of
//   the row. Only a character known to take one column is repeated; any other REP is cancelled.
// - Strings (DCS, OSC, SOS, PM, APC) end at different bytes in the two versions, and 0.1.4 uses a number as a pointer
//   when it answers a DECRQSS. They show nothing, and are left out.
// - Characters that combine with the same one are kept without limit and all visited for each further one, and 0.1.4
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

// The state of a guest's stream. Zeroed for a new terminal, which must get all its bytes through vterm_guard_write.
struct vterm_guard {
        enum {
                GUARD_TEXT,
                GUARD_ESCAPE,   // after ESC
                GUARD_SEQUENCE, // in a control sequence, as either version understands it
                GUARD_STRING,
        } state;
        unsigned separators; // of parameters, in the control sequence so far
        unsigned pile;       // how many characters in a row may combine with the one before
        bool repeatable;     // the last character takes one column
        char cut[4];         // the start of a character
        size_t cut_size;
};

// Writes the guest's next SIZE bytes to TERMINAL, which has 80 columns and reads UTF-8 (vterm_set_utf8).
void vterm_guard_write(struct vterm_guard *guard, VTerm *terminal, const void *bytes, size_t size);

// How many columns CHARACTER takes: 1 or 2 if that is known and it never combines with others; else 0.
int vterm_guard_columns(uint32_t character);
