// SPDX-License-Identifier: Apache-2.0
//
// A machine that is up, until it ends: in the user's terminal, with a menu behind Ctrl-], or in the background.
//
// Meanwhile the clients of the machine's control socket may type, press buttons, and ask for its end.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/screen/menu.h"
#include "launcher/vm/vm.h"

struct attach_input {
        bool foreground;        // give standard input and output to the guest
        unsigned offered;       // MENU_OFFER bits of what the menu has
        const char *leave_text; // what MENU_LEAVE does: "stop the machine"
};

enum attach_end {
        ATTACH_LEFT,        // the user chose to leave
        ATTACH_RESUME,      // the user gives the machine back to the automation
        ATTACH_RESET,       // the guest has reset, and waits for vm_reboot
        ATTACH_POWERED_OFF, // the guest has powered itself off
        ATTACH_STOPPED,     // a client asked for the end, and the guest did not power off in its time
};

// Serves VM until one of those ends. A terminal is taken over (terminal.h) and restored; if standard input is not a
// terminal, the guest's output is only shown, until it ends or the user interrupts. Fails if QEMU fails, and with
// ERROR_INTERRUPTED.
bool attach_run(struct vm *vm, const struct attach_input *input, enum attach_end *end, struct error *err);
