// SPDX-License-Identifier: Apache-2.0
//
// Allocation that does not fail, and the cleanup attributes that free what a scope owns.
//
// Sizes from a file are bounded by that file before they are allocated (see bytes.h), so a failed allocation means that
// the host is out of memory: the program prints that and exits. Nothing else in the project exits.
#pragma once

#include <stddef.h>

#define MEMORY_RESULT __attribute__((returns_nonnull, warn_unused_result))

// COUNT * SIZE zeroed bytes. Freed with free().
MEMORY_RESULT void *memory_new(size_t count, size_t size);

// POINTER (or NULL) resized to COUNT * SIZE bytes; added bytes are not initialised.
MEMORY_RESULT void *memory_resize(void *pointer, size_t count, size_t size);

// A new zeroed item at the end of an array of COUNT items, which may move; COUNT becomes one more. The array begins as NULL and
// 0, grows only by this, and is freed with free().
//
//         struct edit *edit = MEMORY_ADD(edits->items, edits->count);
// NOLINTNEXTLINE(bugprone-sizeof-expression): items may be pointers
#define MEMORY_ADD(items, count) ((__typeof__(items))memory_add(&(items), &(count), sizeof *(items)))
MEMORY_RESULT void *memory_add(void *pointer_to_items, size_t *count, size_t size);

// Copies. TEXT must not be NULL. Freed with free().
MEMORY_RESULT void *memory_copy(const void *data, size_t size);
MEMORY_RESULT char *memory_text(const char *text);

// `AUTO_FREE char *name = ...;` is freed when it leaves its scope.
void memory_free_pointer(void *pointer_to_pointer);
#define AUTO_FREE __attribute__((cleanup(memory_free_pointer)))

// `AUTO_CLOSE int fd = -1;` is closed when it leaves its scope, unless it is -1.
void memory_close_descriptor(const int *descriptor);
#define AUTO_CLOSE __attribute__((cleanup(memory_close_descriptor)))

// Takes the value out of an AUTO_FREE or AUTO_CLOSE variable, which no longer owns it.
#define MEMORY_TAKE(pointer)                                                                                           \
        __extension__({                                                                                                \
                __typeof__(pointer) taken_ = (pointer);                                                                \
                (pointer) = NULL;                                                                                      \
                taken_;                                                                                                \
        })
#define DESCRIPTOR_TAKE(fd)                                                                                            \
        __extension__({                                                                                                \
                int taken_ = (fd);                                                                                     \
                (fd) = -1;                                                                                             \
                taken_;                                                                                                \
        })
