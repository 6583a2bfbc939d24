// SPDX-License-Identifier: Apache-2.0
//
// The menu behind Ctrl-] for a user with a guest's console in the terminal.
//
// Pure: typed bytes go in, keys for the guest and a choice come out.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum menu_choice {
        MENU_NONE,
        MENU_LEAVE, // stop the machine or leave it running, depending on the caller
        MENU_POWER_OFF,
        MENU_RESET,
        MENU_SCREENSHOT,
        MENU_RESUME, // continue automatically
};

#define MENU_OFFER(choice) (1u << (choice))

// The caller sets the first two members, and zeroes the rest.
struct menu {
        unsigned offered;       // MENU_OFFER bits
        const char *leave_text; // what 'q' does: "stop the machine", "leave it running"
        bool open;              // the next key chooses
};

// Reads the SIZE bytes at TYPED up to a choice, and adds those for the guest to KEYS. *TAKEN is how many were read;
// call again for the rest.
enum menu_choice menu_typed(struct menu *menu, const char *typed, size_t size, struct buffer *keys, size_t *taken);

// The line below the screen: the open menu, or how to open it. Freed with free().
char *menu_text(const struct menu *menu);
