// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/base/crc32.h"

#define POLYNOMIAL_REFLECTED 0xEDB88320u

// Bit by bit, without a table: it is only used for 16 KiB of partition entries.
uint32_t crc32(const void *bytes, size_t size)
{
        const uint8_t *at = bytes;
        uint32_t crc = ~0u;
        while (size--) {
                crc ^= *at++;
                for (int bit = 0; bit < 8; bit++)
                        crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL_REFLECTED : 0);
        }
        return ~crc;
}
