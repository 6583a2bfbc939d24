// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/menu.h"

#include "base/memory.h"
#include "base/text.h"

enum {
        OPENS = 0x1D, // Ctrl-]
        UPPER = 0x20, // the difference between a letter and its capital
};

static const struct {
        enum menu_choice choice;
        char key;
        const char *text; // NULL: the menu's own leave_text
} rows[] = {
        {MENU_LEAVE, 'q', NULL},         {MENU_POWER_OFF, 'o', "power off"},
        {MENU_RESET, 'r', "reset"},      {MENU_SCREENSHOT, 's', "screenshot"},
        {MENU_RESUME, 'a', "automatic"},
};
enum {
        ROW_COUNT = sizeof rows / sizeof rows[0]
};

static bool is_offered(const struct menu *menu, size_t row)
{
        return menu->offered & MENU_OFFER(rows[row].choice);
}

// What KEY chooses in the open menu. A second Ctrl-] goes to the guest; an unknown key closes the menu.
static enum menu_choice choose(const struct menu *menu, char key, struct buffer *keys)
{
        if (key == OPENS)
                buffer_add_u8(keys, OPENS);
        for (size_t i = 0; i < ROW_COUNT; i++) {
                if (is_offered(menu, i) && (key == rows[i].key || key == rows[i].key - UPPER))
                        return rows[i].choice;
        }
        return MENU_NONE;
}

enum menu_choice menu_typed(struct menu *menu, const char *typed, size_t size, struct buffer *keys, size_t *taken)
{
        for (size_t i = 0; i < size; i++) {
                if (!menu->open && typed[i] != OPENS) {
                        buffer_add_u8(keys, (uint8_t)typed[i]);
                        continue;
                }
                bool chooses = menu->open;
                menu->open = !chooses;
                enum menu_choice choice = chooses ? choose(menu, typed[i], keys) : MENU_NONE;
                *taken = i + 1;
                if (choice != MENU_NONE)
                        return choice;
        }
        *taken = size;
        return MENU_NONE;
}

char *menu_text(const struct menu *menu)
{
        if (!menu->open)
                return memory_text("Ctrl-] for a menu");
        struct text text = {0};
        for (size_t i = 0; i < ROW_COUNT; i++) {
                if (is_offered(menu, i))
                        text_add_format(&text, "%c %s   ", rows[i].key, rows[i].text ? rows[i].text : menu->leave_text);
        }
        text_add(&text, "Esc back");
        return text_take(&text);
}
