// SPDX-License-Identifier: Apache-2.0
#include "launcher/screen/vterm-guard.h"

#include <string.h>

#include "base/text.h"

enum {
        PIECE = 4096,    // bytes written at once: 0.1.4 puts a number for each on the stack
        PARAMETERS = 16, // CSI_ARGS_MAX of libvterm
        PILE_LIMIT = 32, // in 0.1.4 they may take two columns each, and the screen has 80
        NUL = 0x00,      // ignored in any state
        BEL = 0x07,
        CAN = 0x18, // ends any sequence
        SUB = 0x1A,
        ESC = 0x1B,
        DEL = 0x7F,
        NO_BREAK_SPACE = 0xA0,
};

int vterm_guard_columns(uint32_t character)
{
        static const struct {
                uint32_t first, last;
                int columns;
        } known[] = {
                {' ', '~', 1},
                {NO_BREAK_SPACE, 0x2FF, 1},
                {0x2500, 0x259F, 1},
                {0x3040, 0x3098, 2},
                {0x309B, 0xA4CF, 2},
                {0xAC00, 0xD7A3, 2},
                {TEXT_REPLACEMENT, TEXT_REPLACEMENT, 1},
        };
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
                if (character >= known[i].first && character <= known[i].last)
                        return known[i].columns;
        }
        return 0;
}

// Reads a character after ESC, and returns what libvterm gets for it. The sequence continues after an intermediate
// byte, because 0.1.4 reads ESC SP [ as CSI, and after a character that is not ASCII, which is ignored.
static uint32_t take_in_escape(struct vterm_guard *guard, uint32_t character)
{
        if (character < '0' || character > '~')
                return character;
        bool begins_string = strchr("P]X^_", (int)character);
        guard->separators = 0;
        guard->state = character == '[' ? GUARD_SEQUENCE : begins_string ? GUARD_STRING : GUARD_TEXT;
        return begins_string ? CAN : character;
}

// The same in a control sequence.
static uint32_t take_in_sequence(struct vterm_guard *guard, uint32_t character)
{
        if (character == ';' || character == ':')
                return ++guard->separators < PARAMETERS ? character : NUL;
        if (character < '@')
                return character;
        guard->state = GUARD_TEXT;
        return character > '~' || (character == 'b' && !guard->repeatable) ? CAN : character;
}

// The same for text.
static uint32_t take_text(struct vterm_guard *guard, uint32_t character)
{
        if (character < NO_BREAK_SPACE && character > DEL)
                character = NO_BREAK_SPACE;
        int columns = vterm_guard_columns(character);
        if (!columns && ++guard->pile > PILE_LIMIT)
                return take_text(guard, TEXT_REPLACEMENT);
        if (columns)
                guard->pile = 0;
        guard->repeatable = columns == 1;
        return character;
}

// The same for a control character, which may also come within a sequence.
static uint32_t take_control(struct vterm_guard *guard, uint32_t control)
{
        if (control == ESC)
                guard->state = GUARD_ESCAPE;
        else if (control == CAN || control == SUB || (control == BEL && guard->state == GUARD_STRING))
                guard->state = GUARD_TEXT;
        return control;
}

static uint32_t take(struct vterm_guard *guard, uint32_t character)
{
        if (character < ' ' || character == DEL)
                return take_control(guard, character);
        switch (guard->state) {
        case GUARD_TEXT:
                return take_text(guard, character);
        case GUARD_ESCAPE:
                return take_in_escape(guard, character);
        case GUARD_SEQUENCE:
                return take_in_sequence(guard, character);
        case GUARD_STRING:
                break;
        }
        return NUL;
}

static void write_piece(struct vterm_guard *guard, VTerm *terminal, const char *bytes, size_t size)
{
        AUTO_TEXT struct text come = {0};
        AUTO_TEXT struct text whole = {0};
        AUTO_TEXT struct text safe = {0};
        text_add_span(&come, guard->cut, guard->cut_size);
        text_add_span(&come, bytes, size);
        size_t taken = text_add_repaired(&whole, come.data, come.length);
        guard->cut_size = come.length - taken;
        memcpy(guard->cut, come.data + taken, guard->cut_size);
        for (size_t at = 0; at < whole.length;) {
                uint32_t character = 0;
                at += text_decode_utf8(whole.data + at, whole.length - at, &character);
                text_add_utf8(&safe, take(guard, character));
        }
        if (safe.length)
                vterm_input_write(terminal, safe.data, safe.length);
}

void vterm_guard_write(struct vterm_guard *guard, VTerm *terminal, const void *bytes, size_t size)
{
        for (size_t at = 0; at < size; at += PIECE)
                write_piece(guard, terminal, (const char *)bytes + at, size - at < PIECE ? size - at : PIECE);
}
