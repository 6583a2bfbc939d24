// SPDX-License-Identifier: Apache-2.0
//
// Firmware volumes for the tests, put together byte by byte from the specification (fw/code-contents.h).
#pragma once

#include <stdlib.h>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/text.h"

#define CODE_IMAGE_VOLUME_NAME "64074afe0a34e64b94ba91b5b4d0f71e"

enum {
        APPLICATION = 0x09,
        DRIVER_TYPE = 0x07,
        VOLUME_IMAGE = 0x0B,
        GUID_DEFINED = 0x02,
        SECTION_VOLUME = 0x17,
        SECTION_RAW = 0x19,
};

static inline void add_u24(struct buffer *buffer, size_t value)
{
        buffer_add_u16(buffer, (uint16_t)value);
        buffer_add_u8(buffer, (uint8_t)(value >> 16));
}

static inline void add_hex(struct buffer *buffer, const char *hex)
{
        if (!text_parse_hex(hex, buffer))
                abort();
}

static inline void align(struct buffer *buffer, size_t to, uint8_t with)
{
        while (buffer->size % to)
                buffer_add_u8(buffer, with);
}

// A file with a plain header or, with IS_LARGE, one whose size follows it.
static inline void add_file(struct buffer *volume, const char *guid, uint8_t type, struct bytes content, bool is_large)
{
        align(volume, 8, 0xFF);
        add_hex(volume, guid);
        buffer_add_u16(volume, 0xAA55);
        buffer_add_u8(volume, type);
        buffer_add_u8(volume, is_large ? 1 : 0);
        add_u24(volume, is_large ? 0 : content.size + 24);
        buffer_add_u8(volume, 0xF8);
        if (is_large)
                buffer_add_u64(volume, content.size + 32);
        buffer_add_bytes(volume, content);
}

static inline void add_section(struct buffer *sections, uint8_t type, struct bytes content, bool is_large)
{
        align(sections, 4, 0);
        add_u24(sections, is_large ? 0xFFFFFF : content.size + 4);
        buffer_add_u8(sections, type);
        if (is_large)
                buffer_add_u32(sections, (uint32_t)content.size + 8);
        buffer_add_bytes(sections, content);
}

static inline void add_guid_defined(struct buffer *sections, const char *guid, uint16_t attributes,
                                    struct bytes content, bool is_large)
{
        AUTO_BUFFER struct buffer inside = {0};
        add_hex(&inside, guid);
        buffer_add_u16(&inside, is_large ? 28 : 24); // where its content begins
        buffer_add_u16(&inside, attributes);
        buffer_add_bytes(&inside, content);
        add_section(sections, GUID_DEFINED, buffer_view(&inside), is_large);
}

// The header of a volume; volume_end sets its size. With a name there is an extended header.
static inline void volume_begin(struct buffer *volume, bool is_named)
{
        buffer_fill(volume, 0, 32);
        buffer_add_u64(volume, 0);
        buffer_add(volume, "_FVH", 4);
        buffer_add_u32(volume, 0x000CFEFF);
        buffer_add_u16(volume, 0x48);
        buffer_add_u16(volume, 0); // checksum
        buffer_add_u16(volume, is_named ? 0x48 : 0);
        buffer_add_u16(volume, 0x0200);
        buffer_fill(volume, 0, 16); // block map
        if (!is_named)
                return;
        add_hex(volume, CODE_IMAGE_VOLUME_NAME);
        buffer_add_u32(volume, 20);
}

static inline void volume_end(struct buffer *volume, size_t free_space)
{
        align(volume, 8, 0xFF);
        buffer_fill(volume, 0xFF, free_space);
        for (size_t i = 0; i < 8; i++)
                volume->data[32 + i] = (uint8_t)(volume->size >> 8 * i);
}
