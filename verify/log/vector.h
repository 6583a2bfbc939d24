// SPDX-License-Identifier: Apache-2.0
//
// Sixteen bytes at once, with the compiler's vectors (GCC manual, "Vector Extensions"): a comparison yields 0xFF for
// each byte where it is true, else 0.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __aarch64__
#include <arm_neon.h>
#endif

// Signed, because most processors compare signed bytes only: those above 0x7F are negative.
typedef int8_t vector __attribute__((vector_size(16)));
typedef uint8_t unsigned_vector __attribute__((vector_size(16)));

static inline vector vector_load(const void *from)
{
        vector loaded;
        memcpy(&loaded, from, sizeof loaded);
        return loaded;
}

// The index of the first nonzero byte in the result of a comparison; sizeof(vector) if none.
static inline size_t vector_first(vector of)
{
#ifdef __SSE2__
        typedef char vector_of_char __attribute__((vector_size(16)));
        // A bit for each byte. One more ends the search.
        unsigned bits = (unsigned)__builtin_ia32_pmovmskb128((vector_of_char)of) | 1U << sizeof of;
        return (size_t)__builtin_ctz(bits);
#else
        uint64_t words[2];
        memcpy(words, &of, sizeof words);
        size_t at = words[0] ? 0 : 1;
        if (!words[at])
                return sizeof of;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        size_t bit = (size_t)__builtin_clzll(words[at]);
#else
        size_t bit = (size_t)__builtin_ctzll(words[at]);
#endif
        return at * sizeof *words + bit / CHAR_BIT;
#endif
}

// Looks up sixteen bytes in a table of sixteen. Call vector_look_up only if vector_can_look_up is true, and only in
// functions marked VECTOR_LOOK_UP.
#if defined(__x86_64__)
#define VECTOR_LOOK_UP __attribute__((target("ssse3")))
static inline bool vector_can_look_up(void)
{
        return __builtin_cpu_supports("ssse3");
}
#else
#define VECTOR_LOOK_UP
static inline bool vector_can_look_up(void)
{
#ifdef __aarch64__
        return true;
#else
        return false;
#endif
}
#endif

// The bytes of TABLE at the indices PLACES, each below 16.
VECTOR_LOOK_UP static inline vector vector_look_up(const uint8_t table[16], unsigned_vector places)
{
#if defined(__x86_64__)
        typedef char vector_of_char __attribute__((vector_size(16)));
        return (vector)__builtin_ia32_pshufb128((vector_of_char)vector_load(table), (vector_of_char)places);
#elif defined(__aarch64__)
        return (vector)vqtbl1q_u8(vld1q_u8(table), (uint8x16_t)places);
#else
        unsigned_vector found = {0};
        for (size_t i = 0; i < sizeof found; i++)
                found[i] = table[places[i]];
        return (vector)found;
#endif
}
