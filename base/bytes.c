// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

bool bytes_slice(struct bytes view, uint64_t offset, uint64_t size, struct bytes *part)
{
        *part = (struct bytes){0};
        if (offset > view.size || size > view.size - offset)
                return false;
        *part = (struct bytes){view.data ? view.data + offset : NULL, (size_t)size};
        return true;
}

struct bytes bytes_from(struct bytes view, uint64_t offset)
{
        struct bytes rest;
        bytes_slice(view, offset, offset < view.size ? view.size - offset : 0, &rest);
        return rest;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
        return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool bytes_all(struct bytes view, uint8_t value)
{
        // Comparing the view with itself one byte on lets memcmp run at memory speed over megabytes of padding.
        return view.size == 0 || (view.data[0] == value && memcmp(view.data, view.data + 1, view.size - 1) == 0);
}

struct cursor cursor_at(struct bytes view, uint64_t offset)
{
        if (offset <= view.size)
                return (struct cursor){.view = view, .at = (size_t)offset};
        return (struct cursor){.view = view, .at = view.size, .overrun_at = (size_t)offset, .overrun = true};
}

size_t cursor_left(const struct cursor *cursor)
{
        return cursor->overrun ? 0 : cursor->view.size - cursor->at;
}

struct bytes cursor_bytes(struct cursor *cursor, uint64_t size)
{
        struct bytes part;
        if (cursor->overrun)
                return (struct bytes){0};
        if (!bytes_slice(cursor->view, cursor->at, size, &part)) {
                cursor->overrun = true;
                cursor->overrun_at = cursor->at;
                return (struct bytes){0};
        }
        cursor->at += part.size;
        return part;
}

static uint64_t little_endian(struct cursor *cursor, size_t size)
{
        struct bytes part = cursor_bytes(cursor, size);
        uint64_t value = 0;
        if (!part.data)
                return 0;
        for (size_t i = part.size; i-- > 0;)
                value = value << 8 | part.data[i];
        return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
        return (uint8_t)little_endian(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
        return (uint16_t)little_endian(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
        return (uint32_t)little_endian(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
        return little_endian(cursor, 8);
}

uint64_t cursor_u64_big(struct cursor *cursor)
{
        struct bytes part = cursor_bytes(cursor, 8);
        uint64_t value = 0;
        if (!part.data)
                return 0;
        for (size_t i = 0; i < part.size; i++)
                value = value << 8 | part.data[i];
        return value;
}

void cursor_copy(struct cursor *cursor, void *target, size_t size)
{
        struct bytes part = cursor_bytes(cursor, size);
        memset(target, 0, size);
        if (part.data)
                memcpy(target, part.data, part.size);
}

void cursor_skip(struct cursor *cursor, uint64_t size)
{
        cursor_bytes(cursor, size);
}

bool cursor_ok(const struct cursor *cursor, const char *what, struct error *err)
{
        if (!cursor->overrun)
                return true;
        return error_set(err, ERROR_DAMAGED, "%s is cut off: a field at offset 0x%zx, the end at 0x%zx", what,
                         cursor->overrun_at, cursor->view.size);
}

void buffer_free(struct buffer *buffer)
{
        free(buffer->data);
        *buffer = (struct buffer){0};
}

struct bytes buffer_view(const struct buffer *buffer)
{
        return (struct bytes){buffer->data, buffer->size};
}

static uint8_t *grow(struct buffer *buffer, size_t size)
{
        if (size > buffer->capacity - buffer->size) {
                size_t wanted = buffer->size + size;
                buffer->capacity = wanted > 2 * buffer->capacity ? wanted : 2 * buffer->capacity;
                buffer->data = memory_resize(buffer->data, buffer->capacity, 1);
        }
        uint8_t *added = buffer->data + buffer->size;
        buffer->size += size;
        return added;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
        if (size)
                memcpy(grow(buffer, size), data, size);
}

void buffer_add_bytes(struct buffer *buffer, struct bytes bytes)
{
        buffer_add(buffer, bytes.data, bytes.size);
}

static void add_little_endian(struct buffer *buffer, uint64_t value, size_t size)
{
        uint8_t *added = grow(buffer, size);
        for (size_t i = 0; i < size; i++)
                added[i] = (uint8_t)(value >> (8 * i));
}

void buffer_add_u8(struct buffer *buffer, uint8_t value)
{
        add_little_endian(buffer, value, 1);
}

void buffer_add_u16(struct buffer *buffer, uint16_t value)
{
        add_little_endian(buffer, value, 2);
}

void buffer_add_u32(struct buffer *buffer, uint32_t value)
{
        add_little_endian(buffer, value, 4);
}

void buffer_add_u64(struct buffer *buffer, uint64_t value)
{
        add_little_endian(buffer, value, 8);
}

void buffer_fill(struct buffer *buffer, uint8_t value, size_t count)
{
        if (count)
                memset(grow(buffer, count), value, count);
}

uint16_t bytes_sum_words(struct bytes view)
{
        struct cursor cursor = cursor_at(view, 0);
        uint16_t sum = 0;
        while (cursor_left(&cursor) >= 2)
                sum = (uint16_t)(sum + cursor_u16(&cursor));
        return sum;
}
