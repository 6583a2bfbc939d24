// SPDX-License-Identifier: Apache-2.0
#include "varstore/devpath.h"

#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        NODE_HEADER_SIZE = 4,
        PARTITION_TABLE_MBR = 1,
        PARTITION_TABLE_GPT = 2,
        HARD_DRIVE_SIZE = 38, // of the node's data
};

bool devpath_next(struct bytes path, size_t *offset, struct devpath_node *node)
{
        struct cursor cursor = cursor_at(path, *offset);
        uint8_t type = cursor_u8(&cursor);
        uint8_t subtype = cursor_u8(&cursor);
        uint16_t length = cursor_u16(&cursor);
        if (cursor.overrun || length < NODE_HEADER_SIZE)
                return false;
        struct bytes data = cursor_bytes(&cursor, length - NODE_HEADER_SIZE);
        if (cursor.overrun)
                return false;
        *node = (struct devpath_node){.type = type, .subtype = subtype, .data = data, .offset = *offset};
        *offset = cursor.at;
        return type != DEVPATH_END || subtype != DEVPATH_END_ENTIRE;
}

bool devpath_valid(struct bytes path, size_t *size)
{
        size_t offset = 0;
        struct devpath_node node = {0};
        while (devpath_next(path, &offset, &node))
                continue;
        if (size)
                *size = offset;
        return node.type == DEVPATH_END && node.subtype == DEVPATH_END_ENTIRE;
}

bool devpath_partition(struct bytes path, struct devpath_partition *partition)
{
        struct devpath_node node;
        size_t offset = 0;
        while (devpath_next(path, &offset, &node)) {
                if (node.type != DEVPATH_MEDIA || node.subtype != DEVPATH_HARD_DRIVE)
                        continue;
                struct cursor cursor = cursor_at(node.data, 0);
                struct devpath_partition read = {0};
                read.number = cursor_u32(&cursor);
                read.start = cursor_u64(&cursor);
                read.size = cursor_u64(&cursor);
                read.guid = guid_read(&cursor);
                cursor_skip(&cursor, 1);
                read.gpt = cursor_u8(&cursor) == DEVPATH_SIGNATURE_GUID;
                if (cursor.overrun)
                        continue;
                *partition = read;
                return true;
        }
        return false;
}

char *devpath_file(struct bytes path)
{
        AUTO_TEXT struct text file = {0};
        struct devpath_node node;
        size_t offset = 0;
        while (devpath_next(path, &offset, &node) && node.type != DEVPATH_END) {
                if (node.type != DEVPATH_MEDIA || node.subtype != DEVPATH_FILE)
                        continue;
                AUTO_FREE char *part = text_from_utf16(node.data);
                const char *rest = part;
                if (file.length && text_ends_with(file.data, "\\"))
                        rest += strspn(rest, "\\");
                else if (file.length && *rest != '\\')
                        text_add(&file, "\\");
                text_add(&file, rest);
        }
        return file.length ? text_take(&file) : NULL;
}

static void add_header(struct buffer *buffer, uint8_t type, uint8_t subtype, size_t data_size)
{
        buffer_add_u8(buffer, type);
        buffer_add_u8(buffer, subtype);
        buffer_add_u16(buffer, (uint16_t)(NODE_HEADER_SIZE + data_size));
}

static void add_partition(struct buffer *buffer, const struct devpath_partition *partition)
{
        add_header(buffer, DEVPATH_MEDIA, DEVPATH_HARD_DRIVE, HARD_DRIVE_SIZE);
        buffer_add_u32(buffer, partition->number);
        buffer_add_u64(buffer, partition->start);
        buffer_add_u64(buffer, partition->size);
        buffer_add(buffer, partition->guid.bytes, sizeof partition->guid.bytes);
        buffer_add_u8(buffer, partition->gpt ? PARTITION_TABLE_GPT : PARTITION_TABLE_MBR);
        buffer_add_u8(buffer, partition->gpt ? DEVPATH_SIGNATURE_GUID : DEVPATH_SIGNATURE_MBR);
}

bool devpath_build(const struct devpath_partition *partition, const char *file, struct buffer *buffer)
{
        AUTO_FREE char *name = memory_text(file);
        for (char *slash = name; (slash = strchr(slash, '/'));)
                *slash = '\\';
        AUTO_BUFFER struct buffer utf16 = {0};
        if (!text_to_utf16(name, &utf16))
                return false;
        buffer_add_u16(&utf16, 0);
        if (utf16.size > UINT16_MAX - NODE_HEADER_SIZE)
                return false;
        add_partition(buffer, partition);
        add_header(buffer, DEVPATH_MEDIA, DEVPATH_FILE, utf16.size);
        buffer_add_bytes(buffer, buffer_view(&utf16));
        add_header(buffer, DEVPATH_END, DEVPATH_END_ENTIRE, 0);
        return true;
}
