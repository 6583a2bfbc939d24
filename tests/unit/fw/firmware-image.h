// SPDX-License-Identifier: Apache-2.0
//
// What unit tests take for firmware: the head of an image as EDK2's ArmVirtQemu lays it out, and nothing behind it.
#pragma once

#include "tests/unit/scratch.h"

enum {
        IMAGE_HEAD_SIZE = 0x2000,
        IMAGE_VOLUME_AT = 0x1000,
        IMAGE_VOLUME_SIZE = 0x1F0000,
        IMAGE_VOLUME_HEADER_SIZE = 0x48,
};

// Sets the checksum of the volume's header.
static inline void image_seal(struct buffer *image)
{
        uint8_t *header = image->data + IMAGE_VOLUME_AT;
        uint16_t sum = 0;
        header[0x32] = header[0x33] = 0;
        for (size_t i = 0; i < IMAGE_VOLUME_HEADER_SIZE; i += 2)
                sum = (uint16_t)(sum + (header[i] | header[i + 1] << 8));
        header[0x32] = (uint8_t)-sum;
        header[0x33] = (uint8_t)((uint16_t)-sum >> 8);
}

// The first IMAGE_HEAD_SIZE bytes: a branch to the volume at 0x1000, which begins with a branch, too.
static inline void image_head(struct buffer *image)
{
        static const uint8_t ffs2_guid[] = {0x78, 0xE5, 0x8C, 0x8C, 0x3D, 0x8A, 0x1C, 0x4F,
                                            0x99, 0x35, 0x89, 0x61, 0x85, 0xC3, 0x2D, 0xD3};
        buffer_add_u32(image, 0x14000400); // b 0x1000
        buffer_fill(image, 0xFF, IMAGE_VOLUME_AT - image->size);
        buffer_add_u32(image, 0x14000C48);
        buffer_fill(image, 0, 12);
        buffer_add(image, ffs2_guid, sizeof ffs2_guid);
        buffer_add_u64(image, IMAGE_VOLUME_SIZE);
        buffer_add(image, "_FVH", 4);
        buffer_add_u32(image, 0x000CFEFF);
        buffer_add_u16(image, IMAGE_VOLUME_HEADER_SIZE);
        buffer_add_u16(image, 0); // checksum
        buffer_add_u32(image, 0x02000000);
        buffer_add_u32(image, IMAGE_VOLUME_SIZE / 0x1000);
        buffer_add_u32(image, 0x1000);
        buffer_fill(image, 0, IMAGE_HEAD_SIZE - image->size);
        image_seal(image);
}

// Writes it to PATH.
static inline void image_write(const char *path)
{
        AUTO_BUFFER struct buffer image = {0};
        image_head(&image);
        write_bytes(path, buffer_view(&image));
}
