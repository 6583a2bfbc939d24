// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/dialog.h"

#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/input.h"

#define LEFT           ((SCREEN_COLUMNS - DIALOG_COLUMNS) / 2)
#define TEXT_LEFT      ((SCREEN_COLUMNS - DIALOG_TEXT) / 2)
#define FRAME_PAUSE_MS 30   // between a frame and its text
#define SWALLOW_MS     300  // with the option swallow-keys
#define REPAINT_MS     1000 // between two repaints of a row
#define CHATTER_MS     50   // how long a line of log stays on a dialog
#define FIRST_LINE     2    // below the frame and an empty row
#define ROWS_AROUND    6    // frame, empty row, lines, empty row, keys, empty row, frame

static void draw_frame(struct screen *screen, size_t top, size_t rows)
{
        char line[DIALOG_COLUMNS + 1];
        line[DIALOG_COLUMNS] = '\0';
        for (size_t row = 0; row < rows; row++) {
                bool edge = row == 0 || row == rows - 1;
                for (size_t column = 0; column < DIALOG_COLUMNS; column++)
                        line[column] = edge ? '-' : ' ';
                line[0] = line[DIALOG_COLUMNS - 1] = edge ? '+' : '|';
                screen_text(screen, top + row, LEFT, STYLE_BOX, line);
        }
}

static void put_centered(struct screen *screen, size_t row, enum style style, const char *text)
{
        size_t length = text_length(text);
        screen_text(screen, row, length < SCREEN_COLUMNS ? (SCREEN_COLUMNS - length) / 2 : 0, style, text);
}

static void clear_desktop(struct screen *screen)
{
        screen_fill(screen, 0, 0, SCREEN_ROWS, SCREEN_COLUMNS, STYLE_DESKTOP);
        put_centered(screen, 0, STYLE_BANNER, GUEST_BANNER);
}

static struct dialog open_box(struct guest *guest, const char *title, size_t lines, const char *keys)
{
        struct dialog dialog = {.rows = lines + ROWS_AROUND, .keys = keys};
        dialog.top = 1 + (SCREEN_ROWS - 1 - dialog.rows) / 2;
        draw_frame(&guest->screen, dialog.top, dialog.rows);
        char heading[DIALOG_TEXT + 1];
        text_format(heading, sizeof heading, " %s ", title);
        put_centered(&guest->screen, dialog.top, STYLE_TITLE, heading);
        screen_flush(&guest->screen);
        guest_pause(guest, FRAME_PAUSE_MS);
        return dialog;
}

// The old screen is cleared first, so that a new title is never shown with old keys.
struct dialog dialog_open(struct guest *guest, const char *title, size_t lines, const char *keys)
{
        clear_desktop(&guest->screen);
        screen_flush(&guest->screen);
        return open_box(guest, title, lines, keys);
}

static size_t row_of(const struct dialog *dialog, size_t line)
{
        return dialog->top + FIRST_LINE + line;
}

static size_t keys_row(const struct dialog *dialog)
{
        return dialog->top + dialog->rows - 3;
}

void dialog_text(struct guest *guest, const struct dialog *dialog, size_t line, enum style style, const char *text)
{
        screen_fill(&guest->screen, row_of(dialog, line), TEXT_LEFT, 1, DIALOG_TEXT, style);
        dialog_part(guest, dialog, line, 0, style, text);
}

void dialog_part(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, enum style style,
                 const char *text)
{
        char cut[DIALOG_TEXT + 1];
        text_format(cut, sizeof cut - column, "%s", text);
        screen_text(&guest->screen, row_of(dialog, line), TEXT_LEFT + column, style, cut);
}

void dialog_field(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, size_t columns,
                  const char *text)
{
        screen_fill(&guest->screen, row_of(dialog, line), TEXT_LEFT + column, 1, columns, STYLE_FIELD);
        dialog_part(guest, dialog, line, column, STYLE_FIELD, text);
}

void dialog_bar(struct guest *guest, const struct dialog *dialog, size_t line, size_t columns, unsigned percent)
{
        size_t filled = columns * percent / 100;
        screen_fill(&guest->screen, row_of(dialog, line), TEXT_LEFT, 1, filled, STYLE_BAR);
        screen_fill(&guest->screen, row_of(dialog, line), TEXT_LEFT + filled, 1, columns - filled, STYLE_FIELD);
}

void dialog_show(struct guest *guest)
{
        screen_flush(&guest->screen);
}

void dialog_ready(struct guest *guest, const struct dialog *dialog)
{
        screen_flush(&guest->screen);
        console_drain(&guest->console);
        put_centered(&guest->screen, keys_row(dialog), STYLE_KEYS, dialog->keys);
        screen_flush(&guest->screen);
        if (!guest->options.swallow_keys)
                return;
        firmware_sleep(SWALLOW_MS);
        console_drain(&guest->console);
}

// Prints a line of log at the cursor, as a kernel does, and redraws the screen.
static void chatter(struct guest *guest)
{
        guest_log(guest, "\r\nrehearsal chatter: a line of log over the dialog");
        firmware_sleep(CHATTER_MS);
        screen_clear(&guest->screen);
        screen_flush(&guest->screen);
}

struct key dialog_key(struct guest *guest, const struct dialog *dialog, key_set wanted)
{
        screen_flush(&guest->screen);
        for (size_t turn = 0;; turn++) {
                struct key key = guest_key(guest, REPAINT_MS);
                if (key.name != KEY_NONE && wanted & KEY_BIT(key.name))
                        return key;
                if (key.name == KEY_NONE && guest->options.chatter)
                        chatter(guest);
                screen_repaint(&guest->screen, dialog->top + turn % dialog->rows);
        }
}

static void put_lines(struct guest *guest, const struct dialog *dialog, const char *const *lines, size_t count)
{
        for (size_t i = 0; i < count; i++)
                dialog_text(guest, dialog, i, STYLE_BOX, lines[i]);
}

struct key dialog_page(struct guest *guest, const char *title, const char *const *lines, size_t count, const char *keys,
                       key_set wanted)
{
        struct dialog dialog = dialog_open(guest, title, count, keys);
        put_lines(guest, &dialog, lines, count);
        dialog_ready(guest, &dialog);
        return dialog_key(guest, &dialog, wanted);
}

void dialog_message(struct guest *guest, const struct dialog *behind, const char *title, const char *const *lines,
                    size_t count)
{
        screen_fill(&guest->screen, keys_row(behind), TEXT_LEFT, 1, DIALOG_TEXT, STYLE_BOX);
        screen_flush(&guest->screen);
        struct dialog dialog = open_box(guest, title, count, "(Enter) OK");
        put_lines(guest, &dialog, lines, count);
        dialog_ready(guest, &dialog);
        dialog_key(guest, &dialog, KEY_BIT(KEY_ENTER) | KEY_BIT(KEY_ESCAPE));
}

void dialog_busy(struct guest *guest, const char *text, uint64_t milliseconds)
{
        struct dialog dialog = dialog_open(guest, "Please wait", 1, "");
        dialog_text(guest, &dialog, 0, STYLE_BOX, text);
        dialog_show(guest);
        guest_pause(guest, milliseconds);
}

// The first row to show, so that the selected one is visible, scrolled as little as possible.
static size_t scroll_to(const struct list *list, size_t first, size_t selected)
{
        if (selected < first)
                return selected;
        if (selected >= first + list->visible)
                return selected - list->visible + 1;
        return first;
}

static void draw_list(struct guest *guest, const struct dialog *dialog, const struct list *list, size_t first,
                      size_t selected)
{
        for (size_t i = 0; i < list->visible; i++) {
                size_t row = first + i;
                dialog_text(guest, dialog, list->line + i, row == selected ? STYLE_SELECTED : STYLE_BOX,
                            row < list->count ? list->rows[row] : "");
        }
        char position[LIST_ROW_SIZE];
        text_format(position, sizeof position, "%u of %u", (unsigned)selected + 1, (unsigned)list->count);
        dialog_text(guest, dialog, list->line + list->visible, STYLE_BOX, position);
}

struct key dialog_choose(struct guest *guest, const struct dialog *dialog, const struct list *list, size_t *selected,
                         key_set wanted)
{
        size_t first = scroll_to(list, 0, *selected);
        draw_list(guest, dialog, list, first, *selected);
        dialog_ready(guest, dialog);
        for (;;) {
                struct key key = dialog_key(guest, dialog, wanted | KEY_BIT(KEY_UP) | KEY_BIT(KEY_DOWN));
                if (wanted & KEY_BIT(key.name))
                        return key;
                if (key.name == KEY_UP && *selected > 0)
                        --*selected;
                if (key.name == KEY_DOWN && *selected + 1 < list->count)
                        ++*selected;
                first = scroll_to(list, first, *selected);
                draw_list(guest, dialog, list, first, *selected);
        }
}
