// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/modal.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/base/wrap.h"

#define BUTTON      4 // columns: "(X) "
#define ROWS_AROUND 4 // frame, an empty row above the keys, keys, frame

// What the box covers.
static struct screen_cell behind[SCREEN_ROWS][SCREEN_COLUMNS];

// Keeps the page, which loses the focus: none of its rows is in reverse video while the box is there.
static void cover_page(struct guest *guest)
{
        memcpy(behind, guest->screen.wanted, sizeof behind);
        for (size_t row = 0; row < SCREEN_ROWS; row++)
                for (size_t column = 0; column < SCREEN_COLUMNS; column++)
                        if (behind[row][column].style == STYLE_SELECTED)
                                guest->screen.wanted[row][column].style = STYLE_BOX;
}

static void restore_page(struct guest *guest)
{
        memcpy(guest->screen.wanted, behind, sizeof behind);
        screen_flush(&guest->screen);
}

static size_t count_choices(const struct modal *modal)
{
        size_t count = 0;
        while (count < MODAL_CHOICES && modal->choices[count])
                count++;
        return count;
}

static size_t count_rows(const struct modal *modal)
{
        size_t rows = wrap_count(modal->text, MODAL_TEXT);
        size_t choices = count_choices(modal);
        for (size_t i = 0; i < choices; i++)
                rows += wrap_count(modal->choices[i], MODAL_TEXT - BUTTON);
        return rows + (choices ? 1 : 0);
}

struct buttons {
        size_t count, focus, set;
};

static void draw(struct guest *guest, const struct dialog *dialog, const struct modal *modal,
                 const struct buttons *buttons)
{
        size_t line = dialog_wrapped(guest, dialog, 0, STYLE_BOX, "", modal->text) + 1;
        for (size_t i = 0; i < buttons->count; i++)
                line = dialog_wrapped(guest, dialog, line, i == buttons->focus ? STYLE_SELECTED : STYLE_BOX,
                                      i == buttons->set ? "(X) " : "( ) ", modal->choices[i]);
}

static void press(struct buttons *buttons, struct key key)
{
        if (key.name == KEY_UP && buttons->focus > 0)
                buttons->focus--;
        if (key.name == KEY_DOWN && buttons->focus + 1 < buttons->count)
                buttons->focus++;
        if (key.name == KEY_CHARACTER && key.character == ' ')
                buttons->set = buttons->focus;
}

struct key modal_show(struct guest *guest, const struct modal *modal, size_t *choice)
{
        struct buttons buttons = {.count = count_choices(modal)};
        key_set moves = buttons.count ? KEY_BIT(KEY_UP) | KEY_BIT(KEY_DOWN) | KEY_BIT(KEY_CHARACTER) : 0;
        cover_page(guest);
        struct dialog dialog =
                dialog_open_over(guest, modal->title, count_rows(modal) + ROWS_AROUND, MODAL_COLUMNS, modal->keys);
        draw(guest, &dialog, modal, &buttons);
        dialog_ready(guest, &dialog);
        for (;;) {
                struct key key = dialog_key(guest, &dialog, modal->closed_by | moves);
                if (modal->closed_by & KEY_BIT(key.name)) {
                        restore_page(guest);
                        if (choice)
                                *choice = buttons.set;
                        return key;
                }
                press(&buttons, key);
                draw(guest, &dialog, modal, &buttons);
        }
}

void modal_busy(struct guest *guest, const char *title, const char *text, uint64_t milliseconds)
{
        cover_page(guest);
        struct dialog dialog = dialog_open_over(guest, title, wrap_count(text, MODAL_TEXT) + 2, MODAL_COLUMNS, "");
        dialog_wrapped(guest, &dialog, 0, STYLE_BOX, "", text);
        dialog_show(guest);
        guest_pause(guest, milliseconds);
        restore_page(guest);
}
