// SPDX-License-Identifier: Apache-2.0
//
// The oracles are the firmware for x86 that Debian has in OVMF, and the head of ArmVirtQemu, as it is built.
#include "tests/unit/base/last-error.h"
#include "tests/unit/fw/firmware-image.h"

#include <sys/stat.h>

#include "fw/flash-image.h"

#define IMAGE_SIZE (UINT64_C(2) << 20)

static struct buffer image;

static int begin(void **state)
{
        (void)state;
        image_head(&image);
        return 0;
}

static int end(void **state)
{
        (void)state;
        buffer_free(&image);
        return 0;
}

// A test that begins with the head of an image.
#define TEST_OF_HEAD(name) TEST_WITH(name, begin, end)

static void assert_refused(const char *because)
{
        assert_failed(flash_image_check_head(buffer_view(&image), IMAGE_SIZE, &err), ERROR_DAMAGED, because);
}

TEST_OF_HEAD(firmware_for_64_bit_arm_is_taken)
{
        assert_done(flash_image_check_head(buffer_view(&image), IMAGE_SIZE, &err), &err);
}

TEST_OF_HEAD(a_volume_at_the_very_beginning_is_taken)
{
        assert_done(flash_image_check_head(bytes_from(buffer_view(&image), IMAGE_VOLUME_AT), IMAGE_SIZE, &err), &err);
}

TEST(firmware_for_x86_is_refused)
{
        needs_linux("the package ovmf");
        assert_failed(flash_image_check_code("/usr/share/OVMF/OVMF_CODE_4M.fd", &err), ERROR_DAMAGED,
                      "OVMF_CODE_4M.fd: is not firmware for 64-bit Arm");
        assert_contains(err.message, "x86");
}

TEST(a_template_of_variables_is_refused)
{
        needs_linux("the package ovmf");
        assert_failed(flash_image_check_code("/usr/share/OVMF/OVMF_VARS_4M.fd", &err), ERROR_DAMAGED,
                      "it contains UEFI variables");
}

TEST_OF_HEAD(firmware_for_32_bit_arm_is_refused)
{
        memcpy(image.data, "\xFE\x03\x00\xEA", 4); // b 0x1000 in A32
        assert_refused("32-bit Arm");
}

TEST_OF_HEAD(a_blank_image_is_refused)
{
        memset(image.data, 0, image.size);
        assert_refused("blank");
        memset(image.data, 0xFF, image.size);
        assert_refused("blank");
        image.size = 0;
        assert_refused("blank");
}

TEST_OF_HEAD(a_branch_to_anything_else_is_refused)
{
        image.data[1] = 0x08; // 0x2000
        assert_refused("an EDK2 firmware volume");
        memcpy(image.data, "\xFF\xFF\xFF\x17", 4); // backwards
        assert_refused("does not begin with a branch");
        memcpy(image.data,
               "\x7F"
               "ELF",
               4);
        assert_refused("does not begin with a branch");
}

TEST_OF_HEAD(a_volume_without_code_is_refused)
{
        memset(image.data + IMAGE_VOLUME_AT, 0, 4);
        image_seal(&image);
        assert_refused("does not begin with a branch");
}

TEST_OF_HEAD(a_flipped_bit_in_the_header_is_refused)
{
        for (size_t bit = 0; bit < IMAGE_VOLUME_HEADER_SIZE * 8; bit++) {
                uint8_t *byte = &image.data[IMAGE_VOLUME_AT + bit / 8];
                *byte ^= (uint8_t)(1U << bit % 8);
                assert_false(flash_image_check_head(buffer_view(&image), IMAGE_SIZE, &err));
                *byte ^= (uint8_t)(1U << bit % 8);
        }
}

TEST_OF_HEAD(an_image_cut_off_anywhere_is_refused)
{
        for (size_t size = 0; size < IMAGE_VOLUME_AT + IMAGE_VOLUME_HEADER_SIZE; size++)
                assert_false(flash_image_check_head((struct bytes){image.data, size}, IMAGE_SIZE, &err));
        // The head is there, but the volume is longer than the image.
        assert_false(flash_image_check_head(buffer_view(&image), IMAGE_VOLUME_SIZE, &err));
}

TEST_IN_SCRATCH(a_smaller_image_is_filled_up_with_a_hole)
{
        struct stat status;
        image_write("code");
        assert_done(flash_image_pad("code", &err), &err);
        assert_int_equal(stat("code", &status), 0);
        assert_int_equal(status.st_size, FLASH_BANK_SIZE);
        assert_true(status.st_blocks * 512 < 1 << 20);
        assert_done(flash_image_check_code("code", &err), &err);
        assert_done(flash_image_pad("code", &err), &err);
        shell("truncate -s 67108865 code");
        assert_failed(flash_image_pad("code", &err), ERROR_DAMAGED, "has 67108865 bytes");
}
