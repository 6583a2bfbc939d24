// SPDX-License-Identifier: Apache-2.0
#include "varstore/loadopt.h"

#include <stdlib.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/devpath.h"

void loadopt_free(struct loadopt *option)
{
        free(option->description);
        *option = (struct loadopt){0};
}

// The UTF-16 text at CURSOR with its NUL, or all remaining bytes if it has none.
static struct bytes take_description(struct cursor *cursor)
{
        struct cursor ahead = *cursor;
        while (cursor_left(&ahead) >= 2 && cursor_u16(&ahead) != 0)
                continue;
        return cursor_bytes(cursor, ahead.at - cursor->at);
}

static bool ends_with_nul(struct bytes utf16)
{
        return utf16.size >= 2 && utf16.data[utf16.size - 2] == 0 && utf16.data[utf16.size - 1] == 0;
}

bool loadopt_read(struct bytes data, struct loadopt *option, struct error *err)
{
        struct cursor cursor = cursor_at(data, 0);
        *option = (struct loadopt){.attributes = cursor_u32(&cursor)};
        uint16_t path_size = cursor_u16(&cursor);
        struct bytes description = take_description(&cursor);
        option->description = text_from_utf16(description);
        if (!cursor_ok(&cursor, "load option", err))
                return false;
        if (!ends_with_nul(description))
                return error_set(err, ERROR_DAMAGED, "the description of the load option does not end");
        size_t left = cursor_left(&cursor);
        option->path = cursor_bytes(&cursor, path_size < left ? path_size : left);
        option->optional_data = cursor_bytes(&cursor, cursor_left(&cursor));
        if (left < path_size)
                return error_set(err, ERROR_DAMAGED, "the path list of the load option is cut off: %zu of %u bytes",
                                 left, path_size);
        if (!devpath_valid(option->path, NULL))
                return error_set(err, ERROR_DAMAGED, "the device path of the load option is not well-formed");
        return true;
}

bool loadopt_build(const struct loadopt *option, struct buffer *buffer, struct error *err)
{
        AUTO_BUFFER struct buffer description = {0};
        if (!text_to_utf16(option->description, &description))
                return error_set(err, ERROR_USAGE, "the description is not valid UTF-8");
        if (option->path.size > UINT16_MAX)
                return error_set(err, ERROR_USAGE, "the device path is %zu bytes long; a load option can have 65535",
                                 option->path.size);
        buffer_add_u32(buffer, option->attributes);
        buffer_add_u16(buffer, (uint16_t)option->path.size);
        buffer_add_bytes(buffer, buffer_view(&description));
        buffer_add_u16(buffer, 0);
        buffer_add_bytes(buffer, option->path);
        buffer_add_bytes(buffer, option->optional_data);
        return true;
}
