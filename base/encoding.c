// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static bool is_high_surrogate(uint16_t unit)
{
        return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low_surrogate(uint16_t unit)
{
        return unit >= 0xDC00 && unit < 0xE000;
}

char *text_from_utf16(struct bytes utf16)
{
        struct text text = {0};
        struct cursor cursor = cursor_at(utf16, 0);
        while (cursor_left(&cursor) >= 2) {
                uint16_t unit = cursor_u16(&cursor);
                if (unit == 0)
                        return text_take(&text);
                struct cursor ahead = cursor;
                uint16_t next = cursor_left(&ahead) >= 2 ? cursor_u16(&ahead) : 0;
                if (is_high_surrogate(unit) && is_low_surrogate(next)) {
                        text_add_utf8(&text, 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (next - 0xDC00));
                        cursor = ahead;
                } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
                        text_add_utf8(&text, TEXT_REPLACEMENT);
                } else {
                        text_add_utf8(&text, unit);
                }
        }
        if (cursor_left(&cursor))
                text_add_utf8(&text, TEXT_REPLACEMENT);
        return text_take(&text);
}

bool text_to_utf16(const char *utf8, struct buffer *buffer)
{
        size_t length = strlen(utf8);
        while (length) {
                uint32_t code_point;
                size_t size = text_decode_utf8(utf8, length, &code_point);
                if (!size)
                        return false;
                if (code_point < 0x10000) {
                        buffer_add_u16(buffer, (uint16_t)code_point);
                } else {
                        buffer_add_u16(buffer, (uint16_t)(0xD800 + ((code_point - 0x10000) >> 10)));
                        buffer_add_u16(buffer, (uint16_t)(0xDC00 + ((code_point - 0x10000) & 0x3FF)));
                }
                utf8 += size;
                length -= size;
        }
        return true;
}

char *text_hex(struct bytes bytes)
{
        char *hex = memory_new(2 * bytes.size + 1, 1);
        for (size_t i = 0; i < bytes.size; i++) {
                hex[2 * i] = "0123456789abcdef"[bytes.data[i] >> 4];
                hex[2 * i + 1] = "0123456789abcdef"[bytes.data[i] & 0xF];
        }
        return hex;
}

int text_hex_digit(char digit)
{
        if (digit >= '0' && digit <= '9')
                return digit - '0';
        if (digit >= 'a' && digit <= 'f')
                return digit - 'a' + 10;
        if (digit >= 'A' && digit <= 'F')
                return digit - 'A' + 10;
        return -1;
}

bool text_parse_hex(const char *hex, struct buffer *buffer)
{
        for (; *hex; hex += 2) {
                int high = text_hex_digit(hex[0]);
                int low = high < 0 ? -1 : text_hex_digit(hex[1]);
                if (low < 0)
                        return false;
                buffer_add_u8(buffer, (uint8_t)(high << 4 | low));
        }
        return true;
}
