// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/system/menu.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/base/wrap.h"
#include "launcher/rehearsal/guest/dialog.h"

#define LEFT      2 // the column of the entries
#define RIGHT     42
#define PANE      36 // columns of a side
#define TITLE_ROW 2
#define FIRST_ROW 4
#define KEYS_ROW  (SCREEN_ROWS - 2)

static void draw_description(struct screen *screen, const char *text)
{
        struct span rest = {.at = text, .size = text_length(text)};
        struct span row;
        for (size_t i = 0; wrap_next(&rest, PANE, &row); i++) {
                char line[PANE + 1];
                text_format(line, sizeof line, "%.*s", (int)row.size, row.at);
                screen_text(screen, FIRST_ROW + i, RIGHT, STYLE_DESKTOP, line);
        }
}

static void draw(struct guest *guest, const struct menu *menu, size_t selected)
{
        struct screen *screen = &guest->screen;
        const struct menu_entry *entry = &menu->entries[selected];
        dialog_clear(guest);
        screen_text(screen, TITLE_ROW, LEFT, STYLE_DESKTOP, menu->title);
        screen_text(screen, TITLE_ROW, RIGHT, STYLE_DESKTOP, entry->title);
        draw_description(screen, entry->description);
        for (size_t i = 0; i < menu->count; i++) {
                enum style style = i == selected ? STYLE_SELECTED : STYLE_DESKTOP;
                screen_fill(screen, FIRST_ROW + i, LEFT, 1, PANE, style);
                screen_text(screen, FIRST_ROW + i, LEFT, style, menu->entries[i].label);
        }
        screen_text(screen, KEYS_ROW, LEFT, STYLE_DESKTOP, menu->keys);
}

bool menu_choose(struct guest *guest, const struct menu *menu, size_t *selected)
{
        static const struct dialog whole = {.rows = SCREEN_ROWS, .columns = SCREEN_COLUMNS};
        const key_set keys = KEY_BIT(KEY_UP) | KEY_BIT(KEY_DOWN) | KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_ESCAPE);
        for (;;) {
                draw(guest, menu, *selected);
                struct key key = dialog_key(guest, &whole, keys);
                if (key.name == KEY_ENTER || key.name == KEY_ESCAPE)
                        return key.name == KEY_ENTER;
                if (key.name == KEY_UP && *selected > 0)
                        --*selected;
                if (key.name == KEY_DOWN && *selected + 1 < menu->count)
                        ++*selected;
        }
}
