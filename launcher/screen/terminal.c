// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
        USUAL_COLUMNS = 80,
        USUAL_ROWS = 24,
};

bool terminal_is_there(void)
{
        const char *term = getenv("TERM");
        return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

bool terminal_resized(struct terminal *terminal)
{
        struct winsize size;
        bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row;
        unsigned columns = known ? size.ws_col : USUAL_COLUMNS;
        unsigned rows = known ? size.ws_row : USUAL_ROWS;
        bool resized = columns != terminal->columns || rows != terminal->rows;
        terminal->columns = columns;
        terminal->rows = rows;
        return resized;
}

bool terminal_write(const char *bytes, size_t size)
{
        while (size) {
                ssize_t count = write(STDOUT_FILENO, bytes, size);
                if (count < 0 && errno == EAGAIN) {
                        struct pollfd poll_for = {STDOUT_FILENO, POLLOUT, 0};
                        poll(&poll_for, 1, -1);
                        continue;
                }
                if (count < 0 && errno != EINTR)
                        return false;
                bytes += count > 0 ? count : 0;
                size -= count > 0 ? (size_t)count : 0;
        }
        return true;
}

bool terminal_take(struct terminal *terminal)
{
        *terminal = (struct terminal){0};
        if (!terminal_is_there() || tcgetattr(STDIN_FILENO, &terminal->before) != 0)
                return false;
        struct termios raw = terminal->before;
        raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
        raw.c_oflag &= ~(tcflag_t)OPOST;
        raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) != 0)
                return false;
        terminal->taken = true;
        terminal_resized(terminal);
        return terminal_write(TERMINAL_ENTER, strlen(TERMINAL_ENTER));
}

void terminal_give_back(struct terminal *terminal)
{
        if (!terminal->taken)
                return;
        terminal->taken = false;
        terminal_write(TERMINAL_LEAVE, strlen(TERMINAL_LEAVE));
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal->before);
}
