// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/efi/aml.h"

#include "launcher/rehearsal/base/memory.h"

#define HEADER_SIZE 36
#define ALIGNMENT   4 // of a 32-bit register

// ExtOpPrefix OpRegionOp, the name, SystemMemory.
static const uint8_t declaration[] = {0x5B, 0x80, 'E', 'R', 'E', 'G', 0x00};

// The prefixes of integer constants, and the sizes of what follows them.
static const struct integer {
        uint8_t prefix;
        size_t size;
} integers[] = {
        {0x0A, 1}, // BytePrefix
        {0x0B, 2}, // WordPrefix
        {0x0C, 4}, // DWordPrefix
        {0x0E, 8}, // QWordPrefix
};

static bool read_integer(const uint8_t *at, size_t size, uint64_t *value)
{
        for (size_t i = 0; size && i < sizeof integers / sizeof *integers; i++) {
                if (at[0] != integers[i].prefix || size - 1 < integers[i].size)
                        continue;
                *value = 0;
                for (size_t byte = integers[i].size; byte > 0; byte--)
                        *value = *value << 8 | at[byte];
                return true;
        }
        return false;
}

bool aml_event_selector(const uint8_t *table, size_t size, uint64_t *address)
{
        if (size < HEADER_SIZE || memcmp(table, "DSDT", 4))
                return false;
        for (size_t at = HEADER_SIZE; size - at >= sizeof declaration; at++) {
                if (memcmp(table + at, declaration, sizeof declaration))
                        continue;
                size_t after = at + sizeof declaration;
                return read_integer(table + after, size - after, address) && *address && *address % ALIGNMENT == 0;
        }
        return false;
}
