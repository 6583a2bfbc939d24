// SPDX-License-Identifier: Apache-2.0
#include "launcher/attach.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/time.h"

enum {
        TICK_US = 1000000,
        LEAVE = 0x1D, // Ctrl-]
};

// Standard input without echo, line editing and signals, so that Ctrl-C reaches the guest. False where it is no terminal.
static bool make_raw(struct termios *before)
{
        if (tcgetattr(STDIN_FILENO, before) != 0)
                return false;
        struct termios raw = *before;
        raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
        raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        return tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0;
}

// Sends what was typed. LEFT tells whether Ctrl-] was among it.
static bool send_typed(struct vm *vm, bool *left, struct error *err)
{
        char typed[256];
        ssize_t count = read(STDIN_FILENO, typed, sizeof typed);
        if (count <= 0) {
                *left = true;
                return true;
        }
        const char *leave = memchr(typed, LEAVE, (size_t)count);
        *left = leave != NULL;
        return vm_send(vm, typed, leave ? (size_t)(leave - typed) : (size_t)count, err);
}

static bool attend(struct vm *vm, struct error *err)
{
        for (bool left = false; !left;) {
                enum vm_event event;
                if (!vm_wait(vm, time_now_us() + TICK_US, &event, err))
                        return false;
                if (event == VM_INPUT && !send_typed(vm, &left, err))
                        return false;
                if (event == VM_ENDED)
                        return vm_state(vm)->shut_down || vm_fail_ended(vm, err);
        }
        return true;
}

bool attach_run(struct vm *vm, struct error *err)
{
        struct termios before;
        bool raw = make_raw(&before);
        fprintf(stderr, "%s\r\n", raw ? "Ctrl-] stops the machine." : "Ctrl-C stops the machine.");
        vm_echo(vm, STDOUT_FILENO);
        vm_listen(vm, raw ? STDIN_FILENO : -1);
        bool attended = attend(vm, err);
        vm_listen(vm, -1);
        vm_echo(vm, -1);
        if (raw)
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        // Plain text again, below whatever the guest has drawn.
        fputs(raw ? "\033[0m\033[999;1H\n" : "\n", stderr);
        return attended;
}
