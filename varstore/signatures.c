// SPDX-License-Identifier: Apache-2.0
#include "varstore/signatures.h"

enum {
        LIST_HEADER_SIZE = 28
};

bool signatures_next(struct bytes data, size_t *offset, struct signature_list *list)
{
        struct cursor cursor = cursor_at(data, *offset);
        struct guid type = guid_read(&cursor);
        uint32_t list_size = cursor_u32(&cursor);
        uint32_t header_size = cursor_u32(&cursor);
        uint32_t signature_size = cursor_u32(&cursor);
        cursor_skip(&cursor, header_size);
        if (cursor.overrun || signature_size <= sizeof(struct guid) || list_size < LIST_HEADER_SIZE ||
            header_size > list_size - LIST_HEADER_SIZE)
                return false;
        struct bytes signatures = cursor_bytes(&cursor, list_size - LIST_HEADER_SIZE - header_size);
        if (cursor.overrun || signatures.size % signature_size)
                return false;
        *list = (struct signature_list){
                .type = type,
                .count = signatures.size / signature_size,
                .signature_size = signature_size,
                .signatures = signatures,
        };
        *offset = cursor.at;
        return true;
}
