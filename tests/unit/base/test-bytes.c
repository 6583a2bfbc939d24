// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

static const uint8_t sample[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C};
static const struct bytes view = {sample, sizeof sample};

TEST(little_endian_fields)
{
        struct cursor cursor = cursor_at(view, 0);
        assert_int_equal(cursor_u8(&cursor), 0x01);
        assert_int_equal(cursor_u16(&cursor), 0x0302);
        assert_int_equal(cursor_u32(&cursor), 0x07060504);
        assert_int_equal(cursor_left(&cursor), 5);
        assert_true(cursor_ok(&cursor, "sample", &err));
        cursor = cursor_at(view, 1);
        assert_true(cursor_u64(&cursor) == UINT64_C(0x0908070605040302));
        cursor = cursor_at(view, 4);
        assert_true(cursor_u64_big(&cursor) == UINT64_C(0x05060708090A0B0C));
        assert_int_equal(cursor_left(&cursor), 0);
        assert_true(cursor_ok(&cursor, "sample", &err));
        assert_null(err.message);
}

TEST(the_highest_bit_is_not_a_sign)
{
        uint8_t ones[8];
        memset(ones, 0xFF, sizeof ones);
        const struct bytes all = {ones, sizeof ones};
        struct cursor cursor = cursor_at(all, 0);
        assert_int_equal(cursor_u8(&cursor), UINT8_MAX);
        assert_int_equal(cursor_u16(&cursor), UINT16_MAX);
        assert_true(cursor_u32(&cursor) == UINT32_MAX);
        cursor = cursor_at(all, 0);
        assert_true(cursor_u64(&cursor) == UINT64_MAX);
        cursor = cursor_at(all, 0);
        assert_true(cursor_u64_big(&cursor) == UINT64_MAX);
}

static uint64_t read_field(struct cursor *cursor, size_t size)
{
        switch (size) {
        case 1:
                return cursor_u8(cursor);
        case 2:
                return cursor_u16(cursor);
        case 4:
                return cursor_u32(cursor);
        default:
                return cursor_u64(cursor);
        }
}

// Each view is an allocation of its own size, so that the sanitizer sees a read of one byte too many.
TEST(a_field_cut_at_every_place_reads_as_zero)
{
        static const size_t sizes[] = {1, 2, 4, 8};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                for (size_t length = 0; length <= sizes[i]; length++) {
                        AUTO_FREE uint8_t *data = memory_new(length, 1);
                        memset(data, 0xAA, length);
                        struct cursor cursor = cursor_at((struct bytes){data, length}, 0);
                        uint64_t value = read_field(&cursor, sizes[i]);
                        bool whole = length == sizes[i];
                        assert_true((value != 0) == whole);
                        assert_true(cursor_ok(&cursor, "field", &err) == whole);
                        assert_int_equal(cursor.at, whole ? length : 0);
                }
        }
}

TEST(an_overrun_is_sticky)
{
        struct cursor cursor = cursor_at(view, 10);
        assert_int_equal(cursor_u32(&cursor), 0);
        // Two bytes are left, and still nothing more is read.
        uint8_t copied[2] = {0xEE, 0xEE};
        assert_int_equal(cursor_u8(&cursor), 0);
        assert_int_equal(cursor_u16(&cursor), 0);
        assert_true(cursor_u64_big(&cursor) == 0);
        assert_int_equal(cursor_left(&cursor), 0);
        assert_int_equal(cursor_bytes(&cursor, 0).size, 0);
        cursor_skip(&cursor, 1);
        cursor_copy(&cursor, copied, sizeof copied);
        assert_int_equal(copied[0] | copied[1], 0);
        // The first refused read is reported.
        assert_failed(cursor_ok(&cursor, "boot entry", &err), ERROR_DAMAGED, "boot entry is cut off");
        assert_contains(err.message, "0xa, the end at 0xc");
        assert_int_equal(cursor.at, 10);
}

TEST(a_cursor_past_the_end_is_overrun_from_the_start)
{
        static const uint64_t offsets[] = {13, 4096, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
                struct cursor cursor = cursor_at(view, offsets[i]);
                assert_int_equal(cursor_left(&cursor), 0);
                assert_int_equal(cursor_u8(&cursor), 0);
                assert_failed(cursor_ok(&cursor, "header", &err), ERROR_DAMAGED, "");
        }
        struct cursor end = cursor_at(view, sizeof sample);
        assert_true(cursor_ok(&end, "header", NULL));
}

TEST(skips_and_views_of_impossible_sizes_are_refused)
{
        static const uint64_t sizes[] = {12, 13, UINT32_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                struct cursor cursor = cursor_at(view, 1);
                cursor_skip(&cursor, sizes[i]);
                assert_true(cursor.overrun);
                assert_int_equal(cursor.at, 1);
                cursor = cursor_at(view, 1);
                struct bytes part = cursor_bytes(&cursor, sizes[i]);
                assert_null(part.data);
                assert_int_equal(part.size, 0);
                assert_true(cursor.overrun);
        }
}

TEST(a_copy_that_does_not_fit_is_all_zeroes)
{
        uint8_t target[sizeof sample + 1];
        memset(target, 0xEE, sizeof target);
        struct cursor cursor = cursor_at(view, 0);
        cursor_copy(&cursor, target, sizeof target);
        assert_true(bytes_all((struct bytes){target, sizeof target}, 0));
        assert_true(cursor.overrun);
        cursor = cursor_at(view, 0);
        cursor_copy(&cursor, target, sizeof sample);
        assert_memory_equal(target, sample, sizeof sample);
        assert_false(cursor.overrun);
}

TEST(slices_at_their_limits)
{
        static const struct {
                uint64_t offset, size;
                bool inside;
        } cases[] = {
                {0, 0, true},
                {0, 12, true},
                {12, 0, true},
                {11, 1, true},
                {0, 13, false},
                {12, 1, false},
                {13, 0, false},
                {1, 12, false},
                {UINT64_MAX, 0, false},
                {0, UINT64_MAX, false},
                {UINT64_MAX, UINT64_MAX, false},
                // OFFSET + SIZE wraps round to something inside.
                {UINT64_MAX, 1, false},
                {8, UINT64_MAX - 4, false},
                {UINT64_MAX - 4, 8, false},
                {1, UINT64_MAX, false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                struct bytes part = {sample, 99};
                assert_true(bytes_slice(view, cases[i].offset, cases[i].size, &part) == cases[i].inside);
                assert_int_equal(part.size, cases[i].inside ? cases[i].size : 0);
                assert_ptr_equal(part.data, cases[i].inside ? sample + cases[i].offset : NULL);
        }
}

TEST(an_empty_view_without_data)
{
        const struct bytes empty = {0};
        struct bytes part;
        assert_true(bytes_slice(empty, 0, 0, &part));
        assert_false(bytes_slice(empty, 0, 1, &part));
        assert_true(bytes_all(empty, 0));
        assert_true(bytes_equal(empty, bytes_from(view, 12)));
        assert_false(bytes_equal(empty, view));
        struct cursor cursor = cursor_at(empty, 0);
        assert_int_equal(cursor_u8(&cursor), 0);
        assert_true(cursor.overrun);
}

TEST(the_rest_from_an_offset)
{
        assert_int_equal(bytes_from(view, 0).size, 12);
        assert_int_equal(bytes_from(view, 11).size, 1);
        assert_ptr_equal(bytes_from(view, 11).data, sample + 11);
        assert_int_equal(bytes_from(view, 12).size, 0);
        assert_int_equal(bytes_from(view, 13).size, 0);
        assert_int_equal(bytes_from(view, UINT64_MAX).size, 0);
}

TEST(one_other_byte_at_any_place_is_seen)
{
        enum {
                SIZE = 67
        };
        for (size_t place = 0; place < SIZE; place++) {
                AUTO_FREE uint8_t *data = memory_new(SIZE, 1);
                AUTO_FREE uint8_t *same = memory_new(SIZE, 1);
                assert_true(bytes_all((struct bytes){data, SIZE}, 0));
                assert_false(bytes_all((struct bytes){data, SIZE}, 1));
                data[place] = 0x80;
                assert_false(bytes_all((struct bytes){data, SIZE}, 0));
                assert_false(bytes_equal((struct bytes){data, SIZE}, (struct bytes){same, SIZE}));
        }
}

TEST(a_buffer_puts_fields_together)
{
        static const uint8_t expected[] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0F, 0x0E, 0x0D, 0x0C,
                                           0x0B, 0x0A, 0x09, 0x08, 'a',  'b',  0xFF, 0xFF, 0xFF, 'c'};
        AUTO_BUFFER struct buffer buffer = {0};
        buffer_add_u8(&buffer, 0x01);
        buffer_add_u16(&buffer, 0x0203);
        buffer_add_u32(&buffer, 0x04050607);
        buffer_add_u64(&buffer, UINT64_C(0x08090A0B0C0D0E0F));
        buffer_add(&buffer, "ab", 2);
        buffer_fill(&buffer, 0xFF, 3);
        buffer_add_bytes(&buffer, (struct bytes){(const uint8_t *)"c", 1});
        assert_true(bytes_equal(buffer_view(&buffer), (struct bytes){expected, sizeof expected}));
}

TEST(adding_nothing_to_a_buffer)
{
        AUTO_BUFFER struct buffer buffer = {0};
        buffer_add(&buffer, NULL, 0);
        buffer_add_bytes(&buffer, (struct bytes){0});
        buffer_fill(&buffer, 0xFF, 0);
        assert_int_equal(buffer.size, 0);
        assert_int_equal(buffer_view(&buffer).size, 0);
        buffer_free(&buffer);
        buffer_free(&buffer);
}

TEST(a_buffer_grows_without_losing_anything)
{
        AUTO_BUFFER struct buffer buffer = {0};
        for (uint32_t i = 0; i < 20000; i++)
                buffer_add_u32(&buffer, i);
        buffer_fill(&buffer, 0xEE, 1 << 20);
        struct cursor cursor = cursor_at(buffer_view(&buffer), 0);
        for (uint32_t i = 0; i < 20000; i++)
                assert_int_equal(cursor_u32(&cursor), i);
        assert_int_equal(cursor_left(&cursor), 1 << 20);
        assert_true(bytes_all(cursor_bytes(&cursor, 1 << 20), 0xEE));
}
