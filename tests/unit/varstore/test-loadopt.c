// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/devpath.h"
#include "varstore/loadopt.h"

// Boot0001 as AAVMF wrote it for a USB disk: active, "USB", its path, and the mark of an entry that the firmware made.
static const char USB_DISK[] = "01000000"
                               "1c00"
                               "5500530042000000"
                               "02010c00d041030a000000000101060000010305060000007fff0400"
                               "4eac0881119f594d850ee21a522c59b2";

static struct buffer option_of(const char *hex)
{
        struct buffer data = {0};
        assert_true(text_parse_hex(hex, &data));
        return data;
}

TEST(parts_are_read)
{
        AUTO_BUFFER struct buffer data = option_of(USB_DISK);
        AUTO_LOADOPT struct loadopt option = {0};
        assert_true(loadopt_read(buffer_view(&data), &option, &err));
        assert_int_equal(option.attributes, LOAD_OPTION_ACTIVE);
        assert_string_equal(option.description, "USB");
        AUTO_FREE char *path = devpath_text(option.path);
        assert_string_equal(path, "PciRoot(0x0)/Pci(0x1,0x0)/USB(0x0,0x0)");
        assert_int_equal(option.optional_data.size, 16);
}

TEST(built_option_is_the_firmwares_bytes)
{
        AUTO_BUFFER struct buffer data = option_of(USB_DISK);
        AUTO_LOADOPT struct loadopt option = {0};
        assert_true(loadopt_read(buffer_view(&data), &option, &err));
        AUTO_BUFFER struct buffer built = {0};
        assert_true(loadopt_build(&option, &built, &err));
        assert_true(bytes_equal(buffer_view(&built), buffer_view(&data)));
}

TEST(invalid_or_too_large_option_is_not_built)
{
        AUTO_BUFFER struct buffer built = {0};
        struct loadopt option = {.description = "\xFF"};
        assert_failed(loadopt_build(&option, &built, &err), ERROR_USAGE, "");
        AUTO_FREE uint8_t *path = memory_new(65536, 1);
        option = (struct loadopt){.description = "x", .path = {path, 65536}};
        assert_false(loadopt_build(&option, &built, &err));
        assert_int_equal(built.size, 0);
}

TEST(every_truncation_fails_but_gives_the_parts_before_it)
{
        AUTO_BUFFER struct buffer data = option_of(USB_DISK);
        size_t optional = data.size - 16;
        for (size_t size = 0; size < optional; size++) {
                AUTO_FREE uint8_t *copy = memory_copy(data.data, size);
                AUTO_LOADOPT struct loadopt option = {0};
                assert_failed(loadopt_read((struct bytes){copy, size}, &option, &err), ERROR_DAMAGED, "");
                assert_non_null(option.description);
                if (size >= 14)
                        assert_string_equal(option.description, "USB");
        }
}

TEST(every_flipped_bit_is_read_without_harm)
{
        AUTO_BUFFER struct buffer data = option_of(USB_DISK);
        AUTO_FREE uint8_t *copy = memory_copy(data.data, data.size);
        for (size_t bit = 0; bit < 8 * data.size; bit++) {
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
                AUTO_LOADOPT struct loadopt option = {0};
                loadopt_read((struct bytes){copy, data.size}, &option, NULL);
                assert_non_null(option.description);
                AUTO_FREE char *path = devpath_text(option.path);
                assert_non_null(path);
                copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}
