// SPDX-License-Identifier: Apache-2.0
//
// The user's terminal, taken over for a guest's screen and given back as it was.
//
// While it is taken, keys come as they are typed (Ctrl-C too) and the terminal shows its alternate screen, so that what
// the user had on it is there again afterwards.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "launcher/screen/rendition.h"

// What a terminal is sent to show its alternate screen, empty; and to show the usual one again, with a visible cursor, usual
// colours and wrapped lines.
#define TERMINAL_ENTER "\033[?1049h\033[2J"
#define TERMINAL_LEAVE RENDITION_PLAIN "\033[?7h\033[?25h\033[?1049l"

struct terminal {
        bool taken;
        struct termios before;
        unsigned columns, rows;
};
#define AUTO_TERMINAL __attribute__((cleanup(terminal_give_back)))

// Whether standard input and output are both a terminal that can be drawn on.
bool terminal_is_there(void);

// Takes it over. False if there is no terminal.
bool terminal_take(struct terminal *terminal);

// Restores it; does nothing if it is not taken.
void terminal_give_back(struct terminal *terminal);

// Whether its size has changed since it was last asked (or taken); COLUMNS and ROWS are then the new ones.
bool terminal_resized(struct terminal *terminal);

// Writes to it. False if it is gone.
bool terminal_write(const char *bytes, size_t size);
