// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/installer/screens.h"

#include "launcher/rehearsal/base/text.h"

#define VISIBLE_LAYOUTS 8

static const char layouts[][LIST_ROW_SIZE] = {
        " Belgian",        " Brazilian",  " Croatian",     " Czechoslovakian", " Danish",  " Finnish",
        " French",         " German",     " Greek",        " Icelandic",       " Italian", " Japanese",
        " Latin American", " Norwegian",  " Polish",       " Portuguese",      " Russian", " Slovenian",
        " Spanish",        " Swedish",    " Swiss French", " Swiss German",    " Turkish", " Ukrainian",
        " United Kingdom", " US Default", " US Dvorak",
};

#define LAYOUT_ROWS (sizeof layouts / sizeof *layouts)

static size_t us_default(void)
{
        size_t row = 0;
        while (!text_equal(layouts[row], " US Default"))
                row++;
        return row;
}

enum outcome installer_keyboard(struct installer *installer)
{
        const struct list list = {.rows = layouts, .count = LAYOUT_ROWS, .visible = VISIBLE_LAYOUTS};
        if (installer->selected_keyboard >= LAYOUT_ROWS)
                installer->selected_keyboard = us_default();
        struct dialog dialog = dialog_open(installer->guest, "Please select a keyboard layout", VISIBLE_LAYOUTS,
                                           "(F9) Back    (Enter) Continue");
        struct key key = dialog_choose(installer->guest, &dialog, &list, &installer->selected_keyboard,
                                       KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_F9));
        return key.name == KEY_F9 ? OUTCOME_BACK : OUTCOME_NEXT;
}
