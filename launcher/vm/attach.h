// SPDX-License-Identifier: Apache-2.0
//
// Serves a running machine until it ends: in the user's terminal, with a menu behind Ctrl-], or in the background.
// Clients of the control socket may type, press buttons, and stop it.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/screen/menu.h"
#include "launcher/vm/vm.h"

struct attach_input {
        bool foreground;             // connect standard input and output to the guest
        unsigned offered;            // MENU_OFFER bits: the menu's items
        const char *leave_text;      // what MENU_LEAVE does: "stop the machine"
        void (*look)(void *context); // called after everything that the guest prints; may be NULL
        // Does a task that a client asks for, and returns the answer; NULL if none are accepted.
        json_t *(*task)(struct vm *vm, const struct vm_task *task, void *context);
        void *context;
};

enum attach_end {
        ATTACH_LEFT,        // the user chose to leave
        ATTACH_RESUME,      // the user chose to let the automation continue
        ATTACH_RESET,       // the guest reset, and is paused until vm_reboot
        ATTACH_POWERED_OFF, // the guest powered itself off
        ATTACH_STOPPED,     // a client sent stop, and the guest did not power off in time
};

// Serves VM until one of those ends. Takes over the terminal (terminal.h) and restores it; without a terminal, only
// prints the guest's output. Fails if QEMU fails, and with ERROR_INTERRUPTED.
bool attach_run(struct vm *vm, const struct attach_input *input, enum attach_end *end, struct error *err);
