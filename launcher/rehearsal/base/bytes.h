// SPDX-License-Identifier: Apache-2.0
// Little-endian numbers in byte arrays, for disks and firmware tables: no casts, so alignment and padding do not
// matter. The caller has checked the bounds.
#pragma once

#include <stdint.h>

static inline uint16_t load16(const uint8_t *at)
{
        return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t load32(const uint8_t *at)
{
        return load16(at) | (uint32_t)load16(at + 2) << 16;
}

static inline uint64_t load64(const uint8_t *at)
{
        return load32(at) | (uint64_t)load32(at + 4) << 32;
}

static inline void store16(uint8_t *at, uint16_t value)
{
        at[0] = (uint8_t)value;
        at[1] = (uint8_t)(value >> 8);
}

static inline void store32(uint8_t *at, uint32_t value)
{
        store16(at, (uint16_t)value);
        store16(at + 2, (uint16_t)(value >> 16));
}

static inline void store64(uint8_t *at, uint64_t value)
{
        store32(at, (uint32_t)value);
        store32(at + 4, (uint32_t)(value >> 32));
}
