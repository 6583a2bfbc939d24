// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/load-option.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"

#define LOAD_OPTION_ACTIVE 0x00000001u
#define DESCRIPTION_AT     6 // after u32 attributes and u16 length of the device path

#define MEDIA_DEVICE_PATH   0x04
#define MEDIA_HARDDRIVE_DP  0x01
#define MEDIA_FILEPATH_DP   0x04
#define END_DEVICE_PATH     0x7F
#define END_ENTIRE_PATH     0xFF
#define NODE_HEADER_SIZE    4
#define HARDDRIVE_NODE_SIZE 42
#define MBR_TYPE_GPT        0x02
#define SIGNATURE_TYPE_GUID 0x02

static size_t ucs2_size(const char *text)
{
        return 2 * (text_length(text) + 1);
}

static uint8_t *put_ucs2(uint8_t *at, const char *text)
{
        do {
                store16(at, (uint8_t)*text);
                at += 2;
        } while (*text++);
        return at;
}

static uint8_t *put_node_header(uint8_t *at, uint8_t type, uint8_t subtype, size_t size)
{
        at[0] = type;
        at[1] = subtype;
        store16(at + 2, (uint16_t)size);
        return at + NODE_HEADER_SIZE;
}

static uint8_t *put_harddrive(uint8_t *at, const struct load_option *option)
{
        at = put_node_header(at, MEDIA_DEVICE_PATH, MEDIA_HARDDRIVE_DP, HARDDRIVE_NODE_SIZE);
        store32(at, option->partition);
        store64(at + 4, option->first);
        store64(at + 12, option->blocks);
        guid_store(at + 20, &option->unique);
        at[36] = MBR_TYPE_GPT;
        at[37] = SIGNATURE_TYPE_GUID;
        return at + HARDDRIVE_NODE_SIZE - NODE_HEADER_SIZE;
}

size_t load_option_build(const struct load_option *option, uint8_t *out, size_t room)
{
        size_t file_node_size = NODE_HEADER_SIZE + ucs2_size(option->loader);
        size_t path_size = HARDDRIVE_NODE_SIZE + file_node_size + NODE_HEADER_SIZE;
        size_t size = DESCRIPTION_AT + ucs2_size(option->description) + path_size;
        if (size > room || path_size > UINT16_MAX)
                return 0;

        store32(out, LOAD_OPTION_ACTIVE);
        store16(out + 4, (uint16_t)path_size);
        uint8_t *at = put_ucs2(out + DESCRIPTION_AT, option->description);
        at = put_harddrive(at, option);
        at = put_node_header(at, MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, file_node_size);
        at = put_ucs2(at, option->loader);
        put_node_header(at, END_DEVICE_PATH, END_ENTIRE_PATH, NODE_HEADER_SIZE);
        return size;
}

bool load_option_is_called(const uint8_t *bytes, size_t size, const char *description)
{
        size_t wanted = ucs2_size(description);
        if (size < DESCRIPTION_AT + wanted)
                return false;
        for (size_t i = 0; i < wanted / 2; i++)
                if (load16(bytes + DESCRIPTION_AT + 2 * i) != (uint8_t)description[i])
                        return false;
        return true;
}
