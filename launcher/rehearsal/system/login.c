// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/system/login.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/guest/dialog.h"

#define BOX_COLUMNS  60
#define BOX_ROWS     10
#define FIRST_LINE   3 // of the fields
#define MESSAGE_LINE 6
#define LABEL_SIZE   16
#define FIELD_SIZE   40
#define TEXT_MAX     (FIELD_SIZE - 1)
#define PASSWORD_MIN 7
#define REFUSED_MS   300

enum field {
        FIELD_NAME,
        FIELD_PASSWORD,
        FIELDS,
};

struct form {
        char text[FIELDS][TEXT_MAX + 1];
        size_t length[FIELDS];
        enum field focus;
        const char *message;
};

static void forget_password(struct form *form)
{
        // Through a volatile pointer: the compiler must not leave the password behind.
        volatile char *text = form->text[FIELD_PASSWORD];
        for (size_t i = 0; i <= TEXT_MAX; i++)
                text[i] = '\0';
        form->length[FIELD_PASSWORD] = 0;
}

static void draw(struct guest *guest, const struct dialog *dialog, const struct form *form)
{
        static const char *const labels[FIELDS] = {"Login Name:", "Password:"};
        char stars[TEXT_MAX + 1] = {0};
        memset(stars, '*', form->length[FIELD_PASSWORD]);
        for (unsigned i = 0; i < FIELDS; i++) {
                dialog_text(guest, dialog, FIRST_LINE + i, STYLE_BOX, labels[i]);
                dialog_field(guest, dialog, FIRST_LINE + i, LABEL_SIZE, FIELD_SIZE,
                             i == FIELD_PASSWORD ? stars : form->text[i]);
        }
        dialog_text(guest, dialog, MESSAGE_LINE, STYLE_ALERT, form->message);
        dialog_cursor(guest, dialog, FIRST_LINE + form->focus, LABEL_SIZE + form->length[form->focus]);
}

static void press(struct form *form, struct key key)
{
        char *text = form->text[form->focus];
        size_t *length = &form->length[form->focus];
        switch (key.name) {
        case KEY_CHARACTER:
                if (*length < TEXT_MAX)
                        text[(*length)++] = key.character;
                break;
        case KEY_BACKSPACE:
                if (*length)
                        text[--*length] = '\0';
                break;
        case KEY_TAB:
                form->focus = form->focus == FIELD_NAME ? FIELD_PASSWORD : FIELD_NAME;
                break;
        default:
                form->focus = key.name == KEY_UP ? FIELD_NAME : FIELD_PASSWORD;
                break;
        }
}

static bool is_right(const struct guest *guest, const struct form *form)
{
        return !guest->options.dcui_refuses && text_equal(form->text[FIELD_NAME], "root") &&
               form->length[FIELD_PASSWORD] >= PASSWORD_MIN;
}

// Lets the user fill in the form until the answer is right, or Esc.
static bool fill_in(struct guest *guest, const struct dialog *dialog, struct form *form)
{
        const key_set keys = KEY_BIT(KEY_CHARACTER) | KEY_BIT(KEY_BACKSPACE) | KEY_BIT(KEY_TAB) | KEY_BIT(KEY_UP) |
                             KEY_BIT(KEY_DOWN) | KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_ESCAPE);
        for (;;) {
                draw(guest, dialog, form);
                struct key key = dialog_key(guest, dialog, keys);
                form->message = "";
                if (key.name == KEY_ESCAPE || (key.name == KEY_ENTER && is_right(guest, form)))
                        return key.name == KEY_ENTER;
                if (key.name != KEY_ENTER) {
                        press(form, key);
                        continue;
                }
                guest_pause(guest, REFUSED_MS);
                forget_password(form);
                form->message = "Login incorrect";
        }
}

bool login(struct guest *guest)
{
        struct form form = {.text = {"root"}, .length = {4}, .focus = FIELD_PASSWORD, .message = ""};
        struct dialog dialog =
                dialog_open_over(guest, "Authentication Required", BOX_ROWS, BOX_COLUMNS, "<Enter> OK    <Esc> Cancel");
        dialog_text(guest, &dialog, 1, STYLE_BOX, "Enter an authorized login name and password.");
        draw(guest, &dialog, &form);
        dialog_ready(guest, &dialog);
        bool ok = fill_in(guest, &dialog, &form);
        forget_password(&form);
        return ok;
}
