// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/base/memory.h"

// Built with -fno-builtin: otherwise the compiler would turn these loops into calls of themselves.

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
        unsigned char *out = to;
        const unsigned char *in = from;
        for (size_t i = 0; i < size; i++)
                out[i] = in[i];
        return to;
}

void *memmove(void *to, const void *from, size_t size)
{
        unsigned char *out = to;
        const unsigned char *in = from;
        if (out <= in)
                return memcpy(to, from, size);
        while (size--)
                out[size] = in[size];
        return to;
}

void *memset(void *to, int value, size_t size)
{
        unsigned char *out = to;
        for (size_t i = 0; i < size; i++)
                out[i] = (unsigned char)value;
        return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
        const unsigned char *left = a;
        const unsigned char *right = b;
        for (size_t i = 0; i < size; i++)
                if (left[i] != right[i])
                        return left[i] - right[i];
        return 0;
}
