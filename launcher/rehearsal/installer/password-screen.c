// SPDX-License-Identifier: Apache-2.0
// The screen with the two password fields. Enter moves from the first field to the second, and submits there; Tab, Up
// and Down switch between them. A Tab right after an Enter that moved does nothing, so that "password, Enter, Tab,
// password, Enter" fills both fields, as on ESXi.
#include "launcher/rehearsal/installer/screens.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/installer/password.h"

#define MESSAGE_LINE 4
#define LABEL_SIZE   20
#define FIELDS       2

struct form {
        char text[FIELDS][PASSWORD_MAX + 1];
        size_t length[FIELDS];
        size_t focus;
        bool moved_by_enter; // by the last key
        const char *message;
        enum style message_style;
        bool submitted, back;
};

static void form_clear(struct form *form)
{
        // Through a volatile pointer: the compiler must not leave the passwords behind.
        volatile char *text = form->text[0];
        for (size_t i = 0; i < sizeof form->text; i++)
                text[i] = '\0';
        form->length[0] = form->length[1] = 0;
        form->focus = 0;
        form->moved_by_enter = false;
}

static void draw_field(struct guest *guest, const struct dialog *dialog, const struct form *form, size_t field)
{
        static const char *const labels[FIELDS] = {"Root password:", "Confirm password:"};
        char line[DIALOG_TEXT + 1];
        char stars[PASSWORD_MAX + 1] = {0};
        memset(stars, '*', form->length[field]);
        text_format(line, sizeof line, "%c %s", form->focus == field ? '>' : ' ', labels[field]);
        dialog_text(guest, dialog, 1 + field, STYLE_BOX, line);
        dialog_field(guest, dialog, 1 + field, LABEL_SIZE, PASSWORD_MAX, stars);
}

static void draw_form(struct guest *guest, const struct dialog *dialog, const struct form *form)
{
        for (size_t field = 0; field < FIELDS; field++)
                draw_field(guest, dialog, form, field);
        dialog_text(guest, dialog, MESSAGE_LINE, form->message_style, form->message);
}

static void press_character(struct form *form, char character)
{
        size_t *length = &form->length[form->focus];
        if (*length < PASSWORD_MAX)
                form->text[form->focus][(*length)++] = character;
}

static void press_backspace(struct form *form)
{
        size_t *length = &form->length[form->focus];
        if (*length)
                form->text[form->focus][--*length] = '\0';
}

static void press_enter(struct form *form)
{
        if (!form->length[form->focus])
                return;
        if (form->focus == 0) {
                form->focus = 1;
                form->moved_by_enter = true;
                return;
        }
        form->submitted = true;
}

static void press_tab(struct form *form, bool after_enter)
{
        if (!after_enter)
                form->focus = 1 - form->focus;
}

static void press(struct form *form, struct key key)
{
        bool after_enter = form->moved_by_enter;
        form->moved_by_enter = false;
        switch (key.name) {
        case KEY_CHARACTER:
                press_character(form, key.character);
                break;
        case KEY_BACKSPACE:
                press_backspace(form);
                break;
        case KEY_ENTER:
                press_enter(form);
                break;
        case KEY_TAB:
                press_tab(form, after_enter);
                break;
        case KEY_UP:
        case KEY_DOWN:
                form->focus = key.name == KEY_DOWN;
                break;
        default:
                form->back = key.name == KEY_F9;
                break;
        }
}

// True if the passwords are acceptable; else shows why not and clears them.
static bool judge(struct form *form)
{
        const char *refusal = password_refusal(form->text[0], form->text[1]);
        form_clear(form);
        form->submitted = false;
        form->message = refusal;
        form->message_style = STYLE_ALERT;
        return !refusal;
}

static void fill_in(struct guest *guest, struct form *form)
{
        const key_set keys = KEY_BIT(KEY_CHARACTER) | KEY_BIT(KEY_BACKSPACE) | KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_TAB) |
                             KEY_BIT(KEY_UP) | KEY_BIT(KEY_DOWN) | KEY_BIT(KEY_F9);
        struct dialog dialog =
                dialog_open(guest, "Enter a root password", MESSAGE_LINE + 1, "(F9) Back    (Enter) Continue");
        draw_form(guest, &dialog, form);
        dialog_ready(guest, &dialog);
        while (!form->submitted && !form->back) {
                press(form, dialog_key(guest, &dialog, keys));
                draw_form(guest, &dialog, form);
        }
}

enum outcome installer_password(struct installer *installer)
{
        struct form form = {.message = "Please enter a password.", .message_style = STYLE_BOX};
        do
                fill_in(installer->guest, &form);
        while (form.submitted && !judge(&form));
        form_clear(&form);
        return form.back ? OUTCOME_BACK : OUTCOME_NEXT;
}
