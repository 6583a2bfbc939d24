// SPDX-License-Identifier: Apache-2.0
//
// Takes over the user's terminal for a guest's screen, and restores it. Meanwhile keys arrive as they are typed (Ctrl-C
// too), and the terminal shows its alternate screen, so that its content is preserved.
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

// Whether standard input and output are both a terminal that supports cursor control.
bool terminal_is_there(void);

// False if there is no such terminal.
bool terminal_take(struct terminal *terminal);

// Does nothing if it is not taken.
void terminal_give_back(struct terminal *terminal);

// Whether its size has changed since the last call (or terminal_take); updates COLUMNS and ROWS.
bool terminal_resized(struct terminal *terminal);

// False if the terminal is gone.
bool terminal_write(const char *bytes, size_t size);
