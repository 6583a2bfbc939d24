// SPDX-License-Identifier: Apache-2.0
//
// Untrusted bytes: a bounded view, a cursor that reads little-endian fields from it, and a buffer that grows.
//
// A cursor never reads outside its view. A read past the end, and every later read, returns zeroes, does not move, and
// marks the cursor as overrun. So a structure is read field by field and checked once:
//
//         struct cursor cursor = cursor_at(view, offset);
//         header.size = cursor_u32(&cursor);
//         header.state = cursor_u8(&cursor);
//         if (!cursor_ok(&cursor, "variable store header", err))
//                 return false;
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

// A view of SIZE bytes; it does not own them.
struct bytes {
        const uint8_t *data;
        size_t size;
};

// The part of VIEW from OFFSET, SIZE bytes long. False, with an empty PART, if that is not inside VIEW.
bool bytes_slice(struct bytes view, uint64_t offset, uint64_t size, struct bytes *part);

// Everything from OFFSET; empty if OFFSET is at or past the end.
struct bytes bytes_from(struct bytes view, uint64_t offset);

bool bytes_equal(struct bytes a, struct bytes b);

// Whether every byte of VIEW is VALUE. True for an empty view.
bool bytes_all(struct bytes view, uint8_t value);

// The sum of VIEW's 16-bit words, modulo 2^16, which is 0 for a whole header of a firmware volume.
uint16_t bytes_sum_words(struct bytes view);

struct cursor {
        struct bytes view;
        size_t at;         // offset of the next read in VIEW
        size_t overrun_at; // offset of the first read past the end
        bool overrun;
};

struct cursor cursor_at(struct bytes view, uint64_t offset);
size_t cursor_left(const struct cursor *cursor);

// Little-endian fields.
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);

// Big-endian fields, for the few formats that have them (an EUI-64 in a device path).
uint64_t cursor_u64_big(struct cursor *cursor);

// The next SIZE bytes, as a view into the cursor's own.
struct bytes cursor_bytes(struct cursor *cursor, uint64_t size);

// Copies the next SIZE bytes to TARGET.
void cursor_copy(struct cursor *cursor, void *target, size_t size);

void cursor_skip(struct cursor *cursor, uint64_t size);

// Whether every read so far was inside the view. If not, ERR (ERROR_DAMAGED) reports that WHAT is cut off, and where.
bool cursor_ok(const struct cursor *cursor, const char *what, struct error *err);

// Bytes that grow. Start from {0}; free with buffer_free.
struct buffer {
        uint8_t *data;
        size_t size, capacity;
};
#define AUTO_BUFFER __attribute__((cleanup(buffer_free)))

void buffer_free(struct buffer *buffer);
struct bytes buffer_view(const struct buffer *buffer);
void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_add_bytes(struct buffer *buffer, struct bytes bytes);
void buffer_add_u8(struct buffer *buffer, uint8_t value);
void buffer_add_u16(struct buffer *buffer, uint16_t value);
void buffer_add_u32(struct buffer *buffer, uint32_t value);
void buffer_add_u64(struct buffer *buffer, uint64_t value);
void buffer_fill(struct buffer *buffer, uint8_t value, size_t count);
