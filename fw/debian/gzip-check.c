// SPDX-License-Identifier: Apache-2.0
#include "fw/debian/gzip-check.h"

#include <string.h>

#include "base/crc32.h"

void gzip_check_packed(struct gzip_check *check, struct bytes packed)
{
        if (!check->begun && packed.size) {
                check->begun = true;
                check->is_gzip = packed.size >= 2 && packed.data[0] == 0x1F && packed.data[1] == 0x8B;
        }
        size_t kept = packed.size < sizeof check->tail ? sizeof check->tail - packed.size : 0;
        memmove(check->tail, check->tail + sizeof check->tail - kept, kept);
        struct bytes last = bytes_from(packed, packed.size - (sizeof check->tail - kept));
        memcpy(check->tail + kept, last.data, last.size);
}

void gzip_check_unpacked(struct gzip_check *check, struct bytes unpacked)
{
        if (!check->is_gzip)
                return;
        check->length += (uint32_t)unpacked.size;
        check->crc = crc32_more(check->crc, unpacked);
}

bool gzip_check_end(const struct gzip_check *check)
{
        struct cursor tail = cursor_at((struct bytes){check->tail, sizeof check->tail}, 0);
        uint32_t crc = cursor_u32(&tail);
        uint32_t length = cursor_u32(&tail);
        return !check->is_gzip || (crc == check->crc && length == check->length);
}
