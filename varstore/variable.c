// SPDX-License-Identifier: Apache-2.0
#include "varstore/variable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        AUTHENTICATED_HEADER_SIZE = 60,
        PLAIN_HEADER_SIZE = 32,
};

void variable_free(struct variable *variable)
{
        free(variable->name);
        *variable = (struct variable){0};
}

uint64_t variable_header_size(enum variable_format format)
{
        return format == VARIABLE_AUTHENTICATED ? AUTHENTICATED_HEADER_SIZE : PLAIN_HEADER_SIZE;
}

// To the firmware, the sizes of a record are written only if none of these is still erased.
static bool header_is_written(const struct variable *variable, uint32_t name_size, uint32_t data_size)
{
        return variable->state != VAR_ERASED && variable->attributes != UINT32_MAX && name_size != UINT32_MAX &&
               data_size != UINT32_MAX;
}

static enum variable_standing standing_of(uint8_t state)
{
        static const struct {
                uint8_t state;
                enum variable_standing standing;
        } states[] = {
                {VAR_ADDED, VARIABLE_LIVE},
                {VAR_ADDED & VAR_IN_DELETED_TRANSITION, VARIABLE_LIVE},
                {VAR_ADDED & VAR_DELETED, VARIABLE_DELETED},
                {VAR_ADDED & VAR_DELETED & VAR_IN_DELETED_TRANSITION, VARIABLE_DELETED},
                {VAR_HEADER_VALID_ONLY, VARIABLE_UNFINISHED},
                {VAR_ERASED, VARIABLE_UNFINISHED},
        };
        for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
                if (states[i].state == state)
                        return states[i].standing;
        return VARIABLE_LOST;
}

// A name is non-empty UTF-16 with one NUL, at the end.
static bool is_name(struct bytes utf16)
{
        if (utf16.size < 4 || utf16.size % 2)
                return false;
        for (size_t i = 0; i < utf16.size; i += 2) {
                bool nul = utf16.data[i] == 0 && utf16.data[i + 1] == 0;
                if (nul != (i + 2 == utf16.size))
                        return false;
        }
        return true;
}

enum variable_reading variable_read(struct bytes store, enum variable_format format, uint64_t offset,
                                    struct variable *variable, const char **problem)
{
        struct cursor cursor = cursor_at(store, offset);
        *variable = (struct variable){.offset = offset};
        *problem = NULL;
        if (cursor_u16(&cursor) != VARIABLE_START)
                return VARIABLE_NONE;
        variable->state = cursor_u8(&cursor);
        variable->standing = standing_of(variable->state);
        variable->reserved = cursor_u8(&cursor);
        variable->attributes = cursor_u32(&cursor);
        if (format == VARIABLE_AUTHENTICATED) {
                variable->monotonic_count = cursor_u64(&cursor);
                cursor_copy(&cursor, variable->time, sizeof variable->time);
                variable->public_key_index = cursor_u32(&cursor);
        }
        uint32_t name_size = cursor_u32(&cursor);
        uint32_t data_size = cursor_u32(&cursor);
        variable->vendor = guid_read(&cursor);
        *problem = "its header does not fit the store";
        if (cursor.overrun)
                return VARIABLE_BROKEN;
        variable->size = cursor.at - offset;
        if (!header_is_written(variable, name_size, data_size)) {
                variable->standing = VARIABLE_UNFINISHED;
                variable->name = memory_text("");
                *problem = NULL;
                return VARIABLE_READ;
        }
        struct bytes name = cursor_bytes(&cursor, name_size);
        variable->data = cursor_bytes(&cursor, data_size);
        *problem = "its name and data do not fit the store";
        if (cursor.overrun)
                return VARIABLE_BROKEN;
        *problem = NULL;
        variable->size += (uint64_t)name_size + data_size;
        variable->name = is_name(name) ? text_from_utf16(name) : memory_text("");
        // In an unfinished record only the sizes are reliable.
        if (!is_name(name) && variable->standing != VARIABLE_UNFINISHED) {
                variable->standing = VARIABLE_LOST;
                *problem = "its name is invalid";
        }
        return VARIABLE_READ;
}

bool variable_build(const struct variable *variable, enum variable_format format, struct buffer *buffer)
{
        AUTO_BUFFER struct buffer name = {0};
        if (!text_to_utf16(variable->name, &name))
                return false;
        buffer_add_u16(&name, 0);
        buffer_add_u16(buffer, VARIABLE_START);
        buffer_add_u8(buffer, variable->state);
        buffer_add_u8(buffer, 0);
        buffer_add_u32(buffer, variable->attributes);
        if (format == VARIABLE_AUTHENTICATED) {
                buffer_add_u64(buffer, variable->monotonic_count);
                buffer_add(buffer, variable->time, sizeof variable->time);
                buffer_add_u32(buffer, variable->public_key_index);
        }
        buffer_add_u32(buffer, (uint32_t)name.size);
        buffer_add_u32(buffer, (uint32_t)variable->data.size);
        buffer_add(buffer, variable->vendor.bytes, sizeof variable->vendor.bytes);
        buffer_add_bytes(buffer, buffer_view(&name));
        buffer_add_bytes(buffer, variable->data);
        size_t written = (size_t)variable_header_size(format) + name.size + variable->data.size;
        buffer_fill(buffer, 0xFF, (VARIABLE_ALIGNMENT - written % VARIABLE_ALIGNMENT) % VARIABLE_ALIGNMENT);
        return true;
}

static const struct {
        uint32_t bit;
        const char *name;
} ATTRIBUTES[] = {
        {EFI_VARIABLE_NON_VOLATILE, "NV"},
        {EFI_VARIABLE_BOOTSERVICE_ACCESS, "BS"},
        {EFI_VARIABLE_RUNTIME_ACCESS, "RT"},
        {EFI_VARIABLE_HARDWARE_ERROR_RECORD, "HR"},
        {EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS, "AW"},
        {EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS, "AT"},
        {EFI_VARIABLE_APPEND_WRITE, "AP"},
        {EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS, "EA"},
};

char *variable_attributes_text(uint32_t attributes)
{
        struct text text = {0};
        for (size_t i = 0; i < sizeof ATTRIBUTES / sizeof ATTRIBUTES[0]; i++) {
                if (attributes & ATTRIBUTES[i].bit)
                        text_add_format(&text, "%s%s", text.length ? "," : "", ATTRIBUTES[i].name);
                attributes &= ~ATTRIBUTES[i].bit;
        }
        if (attributes)
                text_add_format(&text, "%s0x%" PRIx32, text.length ? "," : "", attributes);
        return text_take(&text);
}

static bool attribute_bit(const char *name, size_t length, uint32_t *bit)
{
        AUTO_FREE char *word = text_format("%.*s", (int)length, name);
        for (size_t i = 0; i < sizeof ATTRIBUTES / sizeof ATTRIBUTES[0]; i++) {
                if (text_equal_ignoring_case(ATTRIBUTES[i].name, word)) {
                        *bit = ATTRIBUTES[i].bit;
                        return true;
                }
        }
        return false;
}

static bool parse_attribute_number(const char *text, uint32_t *attributes)
{
        char *end;
        unsigned long long number = strtoull(text, &end, 0);
        *attributes = (uint32_t)number;
        return *text >= '0' && *text <= '9' && !*end && number <= UINT32_MAX;
}

bool variable_attributes_parse(const char *text, uint32_t *attributes)
{
        if (parse_attribute_number(text, attributes))
                return true;
        *attributes = 0;
        for (;;) {
                size_t length = strcspn(text, ",");
                uint32_t bit;
                if (!attribute_bit(text, length, &bit))
                        return false;
                *attributes |= bit;
                if (!text[length])
                        return true;
                text += length + 1;
        }
}
