// SPDX-License-Identifier: Apache-2.0
// The four functions that a C compiler may call by itself even where there is no C library (GCC manual, "Standards":
// a freestanding environment provides memcpy, memmove, memset and memcmp). They are C's own, so a native build of the
// pure files takes them from its C library and leaves memory.c out.
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
