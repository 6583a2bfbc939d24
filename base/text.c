// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

void text_free(struct text *text)
{
        free(text->data);
        *text = (struct text){0};
}

void text_clear(struct text *text)
{
        text_truncate(text, 0);
}

void text_truncate(struct text *text, size_t length)
{
        if (length >= text->length)
                return;
        text->length = length;
        text->data[length] = '\0';
}

void text_add_span(struct text *text, const char *addition, size_t length)
{
        if (!text->data || text->capacity - text->length < length + 1) {
                size_t wanted = text->length + length + 1;
                text->capacity = wanted > 2 * text->capacity ? wanted : 2 * text->capacity;
                text->data = memory_resize(text->data, text->capacity, 1);
        }
        if (length)
                memcpy(text->data + text->length, addition, length);
        text->length += length;
        text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *addition)
{
        text_add_span(text, addition, strlen(addition));
}

void text_add_char(struct text *text, char character)
{
        text_add_span(text, &character, 1);
}

void text_add_format(struct text *text, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *addition = text_format_list(format, arguments);
        va_end(arguments);
        text_add(text, addition);
}

// Whether it is a Unicode scalar value, which UTF-8 can encode.
static bool is_scalar(uint32_t code_point)
{
        return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point >= 0xE000);
}

void text_add_utf8(struct text *text, uint32_t code_point)
{
        char encoded[4];
        size_t length;
        if (!is_scalar(code_point))
                code_point = TEXT_REPLACEMENT;
        if (code_point < 0x80) {
                encoded[0] = (char)code_point;
                length = 1;
        } else if (code_point < 0x800) {
                encoded[0] = (char)(0xC0 | code_point >> 6);
                encoded[1] = (char)(0x80 | (code_point & 0x3F));
                length = 2;
        } else if (code_point < 0x10000) {
                encoded[0] = (char)(0xE0 | code_point >> 12);
                encoded[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
                encoded[2] = (char)(0x80 | (code_point & 0x3F));
                length = 3;
        } else {
                encoded[0] = (char)(0xF0 | code_point >> 18);
                encoded[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
                encoded[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
                encoded[3] = (char)(0x80 | (code_point & 0x3F));
                length = 4;
        }
        text_add_span(text, encoded, length);
}

const char *text_string(const struct text *text)
{
        return text->data ? text->data : "";
}

char *text_take(struct text *text)
{
        char *data = text->data ? text->data : memory_text("");
        *text = (struct text){0};
        return data;
}

char *text_format_list(const char *format, va_list arguments)
{
        va_list again;
        va_copy(again, arguments);
        int length = vsnprintf(NULL, 0, format, arguments);
        char *text = memory_new((size_t)(length < 0 ? 0 : length) + 1, 1);
        vsnprintf(text, (size_t)(length < 0 ? 0 : length) + 1, format, again);
        va_end(again);
        return text;
}

char *text_format(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        char *text = text_format_list(format, arguments);
        va_end(arguments);
        return text;
}

size_t text_decode_utf8(const char *text, size_t length, uint32_t *code_point)
{
        static const struct {
                uint8_t mask, lead;
                size_t size;
                uint32_t least;
        } forms[] = {{0x80, 0x00, 1, 0}, {0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};
        if (length == 0)
                return 0;
        uint8_t lead = (uint8_t)text[0];
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
                if ((lead & forms[i].mask) != forms[i].lead)
                        continue;
                if (forms[i].size > length)
                        return 0;
                uint32_t value = lead & (uint8_t)~forms[i].mask;
                for (size_t j = 1; j < forms[i].size; j++) {
                        if (((uint8_t)text[j] & 0xC0) != 0x80)
                                return 0;
                        value = value << 6 | ((uint8_t)text[j] & 0x3F);
                }
                if (value < forms[i].least || !is_scalar(value))
                        return 0;
                *code_point = value;
                return forms[i].size;
        }
        return 0;
}

// Whether these bytes are the valid beginning of a longer sequence.
static bool is_cut_sequence(const char *bytes, size_t length)
{
        uint8_t lead = (uint8_t)bytes[0];
        size_t size = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
        if (length >= size || lead >= 0xF5)
                return false;
        for (size_t i = 1; i < length; i++) {
                if (((uint8_t)bytes[i] & 0xC0) != 0x80)
                        return false;
        }
        return true;
}

size_t text_add_repaired(struct text *text, const char *bytes, size_t length)
{
        size_t at = 0;
        while (at < length) {
                uint32_t code_point;
                size_t size = text_decode_utf8(bytes + at, length - at, &code_point);
                if (!size && is_cut_sequence(bytes + at, length - at))
                        break;
                if (size)
                        text_add_span(text, bytes + at, size);
                else
                        text_add_utf8(text, TEXT_REPLACEMENT);
                at += size ? size : 1;
        }
        return at;
}

// The number at the start of TEXT; REST is what follows it. False if it is missing or too large.
static bool leading_number(const char *text, uint64_t *number, const char **rest)
{
        uint64_t value = 0;
        const char *at = text;
        for (; *at >= '0' && *at <= '9'; at++) {
                uint64_t digit = (uint64_t)(*at - '0');
                if (value > (UINT64_MAX - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        *rest = at;
        *number = value;
        return at != text;
}

bool text_parse_number(const char *text, uint64_t *number)
{
        const char *rest;
        return leading_number(text, number, &rest) && !*rest;
}

bool text_parse_size(const char *text, uint64_t *bytes)
{
        static const char units[] = "KMGT";
        const char *rest;
        if (!leading_number(text, bytes, &rest))
                return false;
        unsigned shift = 0;
        if (*rest) {
                char upper = (char)(*rest >= 'a' ? *rest - 'a' + 'A' : *rest);
                const char *unit = strchr(units, upper);
                if (unit) {
                        shift = 10 * (unsigned)(unit - units + 1);
                        rest++;
                        if (strcasecmp(rest, "ib") == 0)
                                rest += 2;
                }
                if (strcasecmp(rest, "b") == 0)
                        rest++;
        }
        if (*rest || *bytes > UINT64_MAX >> shift)
                return false;
        *bytes <<= shift;
        return true;
}

char *text_size(uint64_t bytes)
{
        static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
        if (bytes < 1024)
                return text_format("%" PRIu64 " bytes", bytes);
        double value = (double)bytes / 1024;
        size_t unit = 0;
        while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
                value /= 1024;
                unit++;
        }
        return text_format("%.2f %s", value, units[unit]);
}

char *text_duration(uint64_t milliseconds)
{
        if (milliseconds < 60000)
                return text_format("%" PRIu64 ".%" PRIu64 " s", milliseconds / 1000, milliseconds % 1000 / 100);
        return text_format("%" PRIu64 " min %02" PRIu64 " s", milliseconds / 60000, milliseconds % 60000 / 1000);
}

const char *text_line_after(const char *line)
{
        line += strcspn(line, "\n");
        return line + (*line == '\n');
}

bool text_starts_with(const char *text, const char *prefix)
{
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
        size_t length = strlen(text);
        size_t tail = strlen(suffix);
        return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

bool text_equal_ignoring_case(const char *a, const char *b)
{
        return strcasecmp(a, b) == 0;
}

// C0 and C1 controls and DEL would control the terminal.
static bool is_control(uint32_t code_point)
{
        return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

char *text_printable(const char *text, size_t length, bool keep_newlines)
{
        struct text result = {0};
        while (length) {
                uint32_t code_point = 0;
                size_t size = text_decode_utf8(text, length, &code_point);
                if (size && (!is_control(code_point) || (code_point == '\n' && keep_newlines))) {
                        text_add_span(&result, text, size);
                } else {
                        size = size ? size : 1;
                        for (size_t i = 0; i < size; i++)
                                text_add_format(&result, "\\x%02x", (uint8_t)text[i]);
                }
                text += size;
                length -= size;
        }
        return text_take(&result);
}
