// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/guest/dialog.h"

#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"
#include "launcher/rehearsal/base/wrap.h"
#include "launcher/rehearsal/efi/firmware.h"
#include "launcher/rehearsal/guest/input.h"
#include "launcher/rehearsal/guest/scroll.h"

#define FRAME_PAUSE_MS 30   // between a frame and its text
#define SWALLOW_MS     300  // with the option swallow-keys
#define REPAINT_MS     1000 // between two repaints of a row
#define CHATTER_MS     50   // how long a line of log stays on a dialog
#define INSET          2    // columns of frame and blank beside the text
#define ROWS_AROUND    6    // frame, empty row, lines, empty row, keys, empty row, frame

static void draw_frame_row(struct screen *screen, const struct dialog *dialog, size_t row, const char pieces[3])
{
        char line[SCREEN_COLUMNS + 1];
        memset(line, pieces[1], dialog->columns);
        line[0] = pieces[0];
        line[dialog->columns - 1] = pieces[2];
        line[dialog->columns] = '\0';
        screen_text(screen, dialog->top + row, dialog->left, STYLE_BOX, line);
}

static void draw_frame(struct screen *screen, const struct dialog *dialog)
{
        static const char top[] = {FRAME_TOP_LEFT, FRAME_ACROSS, FRAME_TOP_RIGHT};
        static const char side[] = {FRAME_DOWN, ' ', FRAME_DOWN};
        static const char bottom[] = {FRAME_BOTTOM_LEFT, FRAME_ACROSS, FRAME_BOTTOM_RIGHT};
        draw_frame_row(screen, dialog, 0, top);
        for (size_t row = 1; row + 1 < dialog->rows; row++)
                draw_frame_row(screen, dialog, row, side);
        draw_frame_row(screen, dialog, dialog->rows - 1, bottom);
}

static void put_centered(struct screen *screen, size_t row, enum style style, const char *text)
{
        size_t length = text_length(text);
        screen_text(screen, row, length < SCREEN_COLUMNS ? (SCREEN_COLUMNS - length) / 2 : 0, style, text);
}

void dialog_clear(struct guest *guest)
{
        struct screen *screen = &guest->screen;
        screen_hide_cursor(screen);
        screen_fill(screen, 0, 0, SCREEN_ROWS, SCREEN_COLUMNS, STYLE_DESKTOP);
        put_centered(screen, 0, STYLE_BANNER, GUEST_BANNER);
}

// Draws the frame of DIALOG, whose size is set, in the middle of the screen.
static void open_frame(struct guest *guest, struct dialog *dialog, const char *title)
{
        char heading[SCREEN_COLUMNS + 1];
        dialog->top = 1 + (SCREEN_ROWS - 1 - dialog->rows) / 2;
        dialog->left = (SCREEN_COLUMNS - dialog->columns) / 2;
        screen_hide_cursor(&guest->screen);
        draw_frame(&guest->screen, dialog);
        text_format(heading, dialog_columns(dialog) + 1, " %s ", title);
        if (*title)
                put_centered(&guest->screen, dialog->top, STYLE_TITLE, heading);
        screen_flush(&guest->screen);
        guest_pause(guest, FRAME_PAUSE_MS);
}

struct dialog dialog_open_over(struct guest *guest, const char *title, size_t rows, size_t columns, const char *keys)
{
        struct dialog dialog = {.rows = rows, .columns = columns, .keys = keys};
        open_frame(guest, &dialog, title);
        return dialog;
}

// The old screen is cleared first, so that a new title is never shown with old keys.
struct dialog dialog_open(struct guest *guest, const char *title, size_t lines, const char *keys)
{
        struct dialog dialog = {.rows = lines + ROWS_AROUND, .columns = DIALOG_COLUMNS, .padding = 1, .keys = keys};
        dialog_clear(guest);
        screen_flush(&guest->screen);
        open_frame(guest, &dialog, title);
        return dialog;
}

size_t dialog_columns(const struct dialog *dialog)
{
        return dialog->columns - 2 * INSET;
}

static size_t row_of(const struct dialog *dialog, size_t line)
{
        return dialog->top + 1 + dialog->padding + line;
}

static size_t keys_row(const struct dialog *dialog)
{
        return dialog->top + dialog->rows - 2 - dialog->padding;
}

void dialog_text(struct guest *guest, const struct dialog *dialog, size_t line, enum style style, const char *text)
{
        screen_fill(&guest->screen, row_of(dialog, line), dialog->left + INSET, 1, dialog_columns(dialog), style);
        dialog_part(guest, dialog, line, 0, style, text);
}

size_t dialog_wrapped(struct guest *guest, const struct dialog *dialog, size_t line, enum style style,
                      const char *prefix, const char *text)
{
        size_t indent = text_length(prefix);
        struct span rest = {.at = text, .size = text_length(text)};
        struct span row;
        while (wrap_next(&rest, dialog_columns(dialog) - indent, &row)) {
                char words[DIALOG_TEXT + 1];
                text_format(words, sizeof words, "%.*s", (int)row.size, row.at);
                dialog_text(guest, dialog, line, style, prefix);
                dialog_part(guest, dialog, line++, indent, style, words);
                prefix = "";
        }
        return line;
}

void dialog_part(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, enum style style,
                 const char *text)
{
        char cut[SCREEN_COLUMNS + 1];
        text_format(cut, dialog_columns(dialog) + 1 - column, "%s", text);
        screen_text(&guest->screen, row_of(dialog, line), dialog->left + INSET + column, style, cut);
}

void dialog_field(struct guest *guest, const struct dialog *dialog, size_t line, size_t column, size_t columns,
                  const char *text)
{
        screen_fill(&guest->screen, row_of(dialog, line), dialog->left + INSET + column, 1, columns, STYLE_FIELD);
        dialog_part(guest, dialog, line, column, STYLE_FIELD, text);
}

void dialog_bar(struct guest *guest, const struct dialog *dialog, size_t line, size_t columns, unsigned percent)
{
        size_t row = row_of(dialog, line), left = dialog->left + INSET;
        size_t filled = columns * percent / 100;
        screen_fill(&guest->screen, row, left, 1, filled, STYLE_BAR);
        screen_fill(&guest->screen, row, left + filled, 1, columns - filled, STYLE_FIELD);
}

void dialog_cursor(struct guest *guest, const struct dialog *dialog, size_t line, size_t column)
{
        screen_show_cursor(&guest->screen, row_of(dialog, line), dialog->left + INSET + column);
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

static bool is_wanted(struct key *key, key_set wanted)
{
        if (key->name == KEY_CHARACTER && key->character == '|' && !(wanted & KEY_BIT(KEY_CHARACTER)))
                key->name = KEY_F11;
        return key->name != KEY_NONE && wanted & KEY_BIT(key->name);
}

struct key dialog_key(struct guest *guest, const struct dialog *dialog, key_set wanted)
{
        screen_flush(&guest->screen);
        for (size_t turn = 0;; turn++) {
                struct key key = guest_key(guest, REPAINT_MS);
                if (is_wanted(&key, wanted))
                        return key;
                if (key.name == KEY_NONE && guest->options.chatter)
                        chatter(guest);
                screen_repaint(&guest->screen, dialog->top + turn % dialog->rows);
        }
}

struct key dialog_page(struct guest *guest, const char *title, const char *const *lines, size_t count, const char *keys,
                       key_set wanted)
{
        struct dialog dialog = dialog_open(guest, title, count, keys);
        for (size_t i = 0; i < count; i++)
                dialog_text(guest, &dialog, i, STYLE_BOX, lines[i]);
        dialog_ready(guest, &dialog);
        return dialog_key(guest, &dialog, wanted);
}

void dialog_busy(struct guest *guest, const char *text, uint64_t milliseconds)
{
        struct dialog dialog = dialog_open(guest, "Please wait", 1, "");
        dialog_text(guest, &dialog, 0, STYLE_BOX, text);
        dialog_show(guest);
        guest_pause(guest, milliseconds);
}

static void draw_list(struct guest *guest, const struct dialog *dialog, const struct list *list,
                      const struct scroll *scroll)
{
        for (size_t i = 0; i < list->visible; i++) {
                size_t row = scroll->first + i;
                dialog_text(guest, dialog, list->line + i, row == scroll->selected ? STYLE_SELECTED : STYLE_BOX,
                            row < list->count ? list->rows[row] : "");
        }
}

struct key dialog_choose(struct guest *guest, const struct dialog *dialog, const struct list *list, size_t *selected,
                         key_set wanted)
{
        struct scroll scroll = scroll_begin(list->count, list->visible, list->is_label, *selected);
        scroll.shows_labels = guest->options.scroll_labels;
        draw_list(guest, dialog, list, &scroll);
        dialog_ready(guest, dialog);
        for (;;) {
                struct key key = dialog_key(guest, dialog, wanted | KEY_BIT(KEY_UP) | KEY_BIT(KEY_DOWN));
                if (wanted & KEY_BIT(key.name))
                        return key;
                if (key.name == KEY_UP)
                        scroll_up(&scroll);
                if (key.name == KEY_DOWN)
                        scroll_down(&scroll);
                *selected = scroll.selected;
                draw_list(guest, dialog, list, &scroll);
        }
}
