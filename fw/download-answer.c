// SPDX-License-Identifier: Apache-2.0
#include "fw/download-answer.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum {
        HEADER_SIZE = 4 + 4 + 1 + 8 + DIGEST_SIZE, // bytes before the message
};

void download_answer_write(const struct downloaded *downloaded, const struct error *err, struct buffer *answer)
{
        size_t length = err->message ? strlen(err->message) : 0;
        buffer_add_u32(answer, (uint32_t)err->code);
        buffer_add_u32(answer, (uint32_t)downloaded->status);
        buffer_add_u8(answer, downloaded->resumed);
        buffer_add_u64(answer, downloaded->size);
        buffer_add(answer, downloaded->sha256.bytes, DIGEST_SIZE);
        size_t room = DOWNLOAD_ANSWER_LIMIT - HEADER_SIZE;
        buffer_add(answer, err->message, length < room ? length : room);
}

static bool is_code(uint32_t code)
{
        return !code || code == ERROR_USAGE || code == ERROR_DAMAGED || code == ERROR_ENVIRONMENT;
}

bool download_answer_read(struct bytes answer, struct downloaded *downloaded, struct error *err)
{
        struct cursor cursor = cursor_at(answer, 0);
        struct downloaded told = {0};
        uint32_t code = cursor_u32(&cursor);
        told.status = (long)cursor_u32(&cursor);
        told.resumed = cursor_u8(&cursor) != 0;
        told.size = cursor_u64(&cursor);
        cursor_copy(&cursor, told.sha256.bytes, DIGEST_SIZE);
        struct bytes message = cursor_bytes(&cursor, cursor_left(&cursor));
        // A failure has a message, and nothing else has.
        if (cursor.overrun || !is_code(code) || !code != !message.size)
                return error_set(err, ERROR_ENVIRONMENT, "its process told nothing that could be understood");
        *downloaded = told;
        if (!code)
                return true;
        AUTO_FREE char *shown = text_printable((const char *)message.data, message.size, false);
        return error_set(err, (enum error_code)code, "%s", shown);
}
