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
        MENU_LEAVE, // stop the machine, or leave it running, as the caller's text says
        MENU_POWER_OFF,
        MENU_RESET,
        MENU_SCREENSHOT,
        MENU_RESUME, // the automation goes on
};

#define MENU_OFFER(choice) (1u << (choice))

// Start from the first two members; the rest from 0.
struct menu {
        unsigned offered;       // MENU_OFFER bits
        const char *leave_text; // what 'q' does: "stop the machine", "leave it running"
        bool open;              // the next key chooses
};

// Goes through the SIZE bytes at TYPED up to a choice. What is for the guest is added to KEYS. TAKEN is how many bytes were
// gone through; call again for the rest.
enum menu_choice menu_typed(struct menu *menu, const char *typed, size_t size, struct buffer *keys, size_t *taken);

// One line that says what the keys do, freed with free(): the menu's while it is open, else how to open it.
char *menu_text(const struct menu *menu);
