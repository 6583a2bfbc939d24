// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/guid.h"

#include "launcher/rehearsal/base/bytes.h"
#include "launcher/rehearsal/base/memory.h"
#include "launcher/rehearsal/base/text.h"

bool guid_equal(const struct guid *a, const struct guid *b)
{
        return !memcmp(a, b, sizeof *a);
}

void guid_store(uint8_t *at, const struct guid *guid)
{
        store32(at, guid->a);
        store16(at + 4, guid->b);
        store16(at + 6, guid->c);
        memcpy(at + 8, guid->d, sizeof guid->d);
}

struct guid guid_load(const uint8_t *at)
{
        struct guid guid = {load32(at), load16(at + 4), load16(at + 6), {0}};
        memcpy(guid.d, at + 8, sizeof guid.d);
        return guid;
}

struct guid guid_from_random(const uint8_t random[GUID_SIZE])
{
        struct guid guid = {.a = load32(random), .b = load16(random + 4), .c = load16(random + 6)};
        memcpy(guid.d, random + 8, sizeof guid.d);
        guid.c = (uint16_t)((guid.c & 0x0FFF) | 0x4000);  // version 4
        guid.d[0] = (uint8_t)((guid.d[0] & 0x3F) | 0x80); // the variant of RFC 4122
        return guid;
}

void guid_format(char out[GUID_TEXT_SIZE], const struct guid *guid)
{
        text_format(out, GUID_TEXT_SIZE, "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", guid->a, guid->b, guid->c,
                    guid->d[0], guid->d[1], guid->d[2], guid->d[3], guid->d[4], guid->d[5], guid->d[6], guid->d[7]);
}
