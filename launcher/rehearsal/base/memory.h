// SPDX-License-Identifier: Apache-2.0
// The four functions that a C compiler may call even without a C library (GCC manual, "Standards"). A build for the
// host uses the C library's and leaves memory.c out.
#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
