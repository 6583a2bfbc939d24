// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *checked(void *pointer)
{
        if (pointer)
                return pointer;
        fputs("out of memory\n", stderr);
        _exit(4);
}

void *memory_new(size_t count, size_t size)
{
        return checked(calloc(count ? count : 1, size ? size : 1));
}

void *memory_resize(void *pointer, size_t count, size_t size)
{
        if (size && count > SIZE_MAX / size)
                return checked(NULL);
        return checked(realloc(pointer, count && size ? count * size : 1));
}

void *memory_add(void *pointer_to_items, size_t *count, size_t size)
{
        char *items;
        memcpy(&items, pointer_to_items, sizeof items);
        // There is room up to the next power of two.
        if (!(*count & (*count - 1))) {
                items = memory_resize(items, *count ? *count * 2 : 1, size);
                memcpy(pointer_to_items, &items, sizeof items);
        }
        return memset(items + (*count)++ * size, 0, size);
}

void *memory_copy(const void *data, size_t size)
{
        void *copy = memory_new(1, size);
        if (size)
                memcpy(copy, data, size);
        return copy;
}

char *memory_text(const char *text)
{
        return memory_copy(text, strlen(text) + 1);
}

void memory_free_pointer(void *pointer_to_pointer)
{
        free(*(void **)pointer_to_pointer);
}

void memory_close_descriptor(const int *descriptor)
{
        if (*descriptor >= 0)
                close(*descriptor);
}
