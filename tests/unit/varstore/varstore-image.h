// SPDX-License-Identifier: Apache-2.0
//
// Store images for the tests, put together byte by byte from the specifications: none of the code under test is in them.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/guid.h"

// The first 100 bytes of a store as AAVMF formatted it: volume header and store header.
static const char AAVMF_HEADERS[] = "00000000000000000000000000000000"
                                    "8d2bf1ff96768b4ca9852747075b4f50"
                                    "00000c00000000005f465648360e0000"
                                    "4800f8f8000000020001000000000400"
                                    "0000000000000000782cf3aa7b949a43"
                                    "a1802e144ec37792b8ff03005afe0000"
                                    "00000000";

// The same of OVMF, 128 KiB.
static const char OVMF_HEADERS[] = "00000000000000000000000000000000"
                                   "8d2bf1ff96768b4ca9852747075b4f50"
                                   "00000200000000005f465648fffe0400"
                                   "480019f9000000022000000000100000"
                                   "0000000000000000782cf3aa7b949a43"
                                   "a1802e144ec37792b8df00005afe0000"
                                   "00000000";

// The header of the working block, as each firmware wrote it.
static const char AAVMF_WORKING[] = "2b29589e687c7d49a0ce6500fd9f1b95"
                                    "5be7c686feffffffe0ff030000000000";
static const char OVMF_WORKING[] = "2b29589e687c7d49a0ce6500fd9f1b95"
                                   "2caf2c64feffffffe00f000000000000";

struct image {
        uint8_t *data;
        size_t size;
        size_t end; // where the next record goes
        bool plain;
};

static inline void image_hex(struct image *image, size_t at, const char *hex)
{
        AUTO_BUFFER struct buffer bytes = {0};
        if (!text_parse_hex(hex, &bytes) || at + bytes.size > image->size)
                abort();
        memcpy(image->data + at, bytes.data, bytes.size);
}

static inline struct image image_new(size_t size, const char *headers, size_t working_at, const char *working)
{
        struct image image = {.data = memory_new(size, 1), .size = size, .end = 100};
        memset(image.data, 0xFF, size);
        image_hex(&image, 0, headers);
        image_hex(&image, working_at, working);
        return image;
}

static inline struct image image_aavmf(void)
{
        return image_new(0xC0000, AAVMF_HEADERS, 0x40000, AAVMF_WORKING);
}

static inline struct image image_ovmf(void)
{
        return image_new(0x20000, OVMF_HEADERS, 0xF000, OVMF_WORKING);
}

// A store of no known firmware's layout, 20 KiB in all, which is quick to read: variables up to 0x3000, the working block
// behind them, the spare block behind that.
static inline struct image image_small(void)
{
        struct image image = image_new(0x5000, OVMF_HEADERS, 0x3000, OVMF_WORKING);
        image_hex(&image, 0x20, "0050000000000000"); // length of the volume
        image_hex(&image, 0x32, "36a9");             // checksum
        image_hex(&image, 0x38, "05000000");         // blocks
        image_hex(&image, 0x58, "b82f0000");         // size of the store
        return image;
}

// The same store with records of the plain format.
static inline struct image image_plain(void)
{
        struct image image = image_ovmf();
        image_hex(&image, 0x48, "1636cfdd7532644198b6fe85707ffe7d");
        image.plain = true;
        return image;
}

static inline void image_free(struct image *image)
{
        free(image->data);
}
#define AUTO_IMAGE __attribute__((cleanup(image_free)))

static inline struct bytes image_view(const struct image *image)
{
        return (struct bytes){image->data, image->size};
}

// Appends a record; its offset is the result.
static inline size_t image_add(struct image *image, uint8_t state, struct guid vendor, const char *name,
                               uint32_t attributes, struct bytes data)
{
        AUTO_BUFFER struct buffer record = {0};
        size_t name_size = 2 * (strlen(name) + 1);
        buffer_add_u16(&record, 0x55AA);
        buffer_add_u8(&record, state);
        buffer_add_u8(&record, 0);
        buffer_add_u32(&record, attributes);
        if (!image->plain)
                buffer_fill(&record, 0, 8 + 16 + 4);
        buffer_add_u32(&record, (uint32_t)name_size);
        buffer_add_u32(&record, (uint32_t)data.size);
        buffer_add(&record, vendor.bytes, 16);
        for (const char *at = name; *at; at++)
                buffer_add_u16(&record, (uint8_t)*at);
        buffer_add_u16(&record, 0);
        buffer_add_bytes(&record, data);
        size_t offset = image->end;
        if (offset + record.size > image->size)
                abort();
        memcpy(image->data + offset, record.data, record.size);
        image->end = (offset + record.size + 3) / 4 * 4;
        return offset;
}

// The commonest: an added variable of the global vendor with attributes NV, BS and RT, and its data in hexadecimal.
static inline size_t image_add_global(struct image *image, const char *name, const char *hex)
{
        AUTO_BUFFER struct buffer data = {0};
        if (!text_parse_hex(hex, &data))
                abort();
        return image_add(image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, name, 7, buffer_view(&data));
}

// A boot entry that is added; its device path and optional data are in hexadecimal.
static inline size_t image_add_entry(struct image *image, const char *name, uint32_t attributes, const char *label,
                                     const char *path, const char *optional_data)
{
        AUTO_BUFFER struct buffer path_bytes = {0};
        AUTO_BUFFER struct buffer optional_bytes = {0};
        AUTO_BUFFER struct buffer data = {0};
        if (!text_parse_hex(path, &path_bytes) || !text_parse_hex(optional_data, &optional_bytes))
                abort();
        buffer_add_u32(&data, attributes);
        buffer_add_u16(&data, (uint16_t)path_bytes.size);
        if (!text_to_utf16(label, &data))
                abort();
        buffer_add_u16(&data, 0);
        buffer_add_bytes(&data, buffer_view(&path_bytes));
        buffer_add_bytes(&data, buffer_view(&optional_bytes));
        return image_add(image, 0x3F, GUID_EFI_GLOBAL_VARIABLE, name, 7, buffer_view(&data));
}
