// SPDX-License-Identifier: Apache-2.0
// The screen with the two password fields. What is typed is checked at once. Tab and Down move to the confirmation, Tab
// and Up back; Enter submits, from either field, and moves nowhere.
#include "launcher/rehearsal/installer/screens.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/installer/password.h"

#define FIRST_LINE   1 // of the fields
#define MESSAGE_LINE 4
#define LABEL_SIZE   20
#define FIELDS       2
#define FIELD_SIZE   (DIALOG_TEXT - LABEL_SIZE)
#define TEXT_MAX     (FIELD_SIZE - 1) // the cursor stands behind the last character

struct form {
        char text[FIELDS][TEXT_MAX + 1];
        size_t length[FIELDS];
        size_t focus;
        const char *message;
        enum style message_style;
        bool done, back;
};

static void form_clear(struct form *form)
{
        // Through a volatile pointer: the compiler must not leave the passwords behind.
        volatile char *text = form->text[0];
        for (size_t i = 0; i < sizeof form->text; i++)
                text[i] = '\0';
        form->length[0] = form->length[1] = 0;
}

static void draw_field(struct guest *guest, const struct dialog *dialog, const struct form *form, size_t field)
{
        static const char *const labels[FIELDS] = {"Root password:", "Confirm password:"};
        char stars[TEXT_MAX + 1] = {0};
        memset(stars, '*', form->length[field]);
        dialog_text(guest, dialog, FIRST_LINE + field, STYLE_BOX, labels[field]);
        dialog_field(guest, dialog, FIRST_LINE + field, LABEL_SIZE, FIELD_SIZE, stars);
}

static void draw_form(struct guest *guest, const struct dialog *dialog, const struct form *form)
{
        for (size_t field = 0; field < FIELDS; field++)
                draw_field(guest, dialog, form, field);
        dialog_text(guest, dialog, MESSAGE_LINE, form->message_style, form->message);
        dialog_cursor(guest, dialog, FIRST_LINE + form->focus, LABEL_SIZE + form->length[form->focus]);
}

// Says what there is to say about what has been typed. Returns whether Enter would submit it.
static bool check(struct form *form)
{
        bool accepts;
        form->message = password_remark(form->text[0], form->text[1], &accepts);
        form->message_style = STYLE_BOX;
        return accepts;
}

static void press_enter(struct form *form)
{
        const char *refusal = check(form) ? password_refusal(form->text[0]) : form->message;
        form->done = !refusal;
        if (!refusal)
                return;
        form->message = refusal;
        form->message_style = STYLE_ALERT;
}

static void press_character(struct form *form, char character)
{
        size_t *length = &form->length[form->focus];
        if (*length < TEXT_MAX)
                form->text[form->focus][(*length)++] = character;
        check(form);
}

static void press_backspace(struct form *form)
{
        size_t *length = &form->length[form->focus];
        if (*length)
                form->text[form->focus][--*length] = '\0';
        check(form);
}

static void press(struct guest *guest, struct form *form, struct key key)
{
        bool is_checked = key.name == KEY_CHARACTER || key.name == KEY_BACKSPACE || key.name == KEY_ENTER;
        if (is_checked)
                firmware_sleep(guest->options.slow_check);
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
                form->focus = 1 - form->focus;
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

static void fill_in(struct guest *guest, struct form *form)
{
        const key_set keys = KEY_BIT(KEY_CHARACTER) | KEY_BIT(KEY_BACKSPACE) | KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_TAB) |
                             KEY_BIT(KEY_UP) | KEY_BIT(KEY_DOWN) | KEY_BIT(KEY_F9);
        struct dialog dialog =
                dialog_open(guest, "Enter a root password", MESSAGE_LINE + 1, "(F9) Back    (Enter) Continue");
        draw_form(guest, &dialog, form);
        dialog_ready(guest, &dialog);
        while (!form->done && !form->back) {
                press(guest, form, dialog_key(guest, &dialog, keys));
                draw_form(guest, &dialog, form);
        }
}

enum outcome installer_password(struct installer *installer)
{
        struct form form = {0};
        check(&form);
        fill_in(installer->guest, &form);
        form_clear(&form);
        return form.back ? OUTCOME_BACK : OUTCOME_NEXT;
}
