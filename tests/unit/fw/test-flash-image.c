// SPDX-License-Identifier: Apache-2.0
//
// The oracles are the firmware for x86 that Debian has in OVMF, and the head of ArmVirtQemu, as it is built.
#include "tests/unit/fw/firmware-image.h"

#include <sys/stat.h>

#include "fw/flash-image.h"

#define IMAGE_SIZE (UINT64_C(2) << 20)

static void assert_refused(struct bytes head, const char *because)
{
        AUTO_ERROR struct error err = {0};
        assert_false(flash_image_check_head(head, IMAGE_SIZE, &err));
        assert_error(&err, ERROR_DAMAGED, because);
}

TEST(firmware_for_64_bit_arm_is_taken)
{
        AUTO_BUFFER struct buffer image = {0};
        AUTO_ERROR struct error err = {0};
        image_head(&image);
        assert_done(flash_image_check_head(buffer_view(&image), IMAGE_SIZE, &err), &err);
}

TEST(a_volume_at_the_very_beginning_is_taken)
{
        AUTO_BUFFER struct buffer image = {0};
        AUTO_ERROR struct error err = {0};
        image_head(&image);
        assert_done(flash_image_check_head(bytes_from(buffer_view(&image), IMAGE_VOLUME_AT), IMAGE_SIZE, &err), &err);
}

TEST(firmware_for_x86_is_refused)
{
        needs_linux("the package ovmf");
        AUTO_ERROR struct error err = {0};
        assert_false(flash_image_check_code("/usr/share/OVMF/OVMF_CODE_4M.fd", &err));
        assert_error(&err, ERROR_DAMAGED, "OVMF_CODE_4M.fd: is not firmware for 64-bit Arm");
        assert_contains(err.message, "x86");
}

TEST(a_template_of_variables_is_refused)
{
        needs_linux("the package ovmf");
        AUTO_ERROR struct error err = {0};
        assert_false(flash_image_check_code("/usr/share/OVMF/OVMF_VARS_4M.fd", &err));
        assert_error(&err, ERROR_DAMAGED, "it contains UEFI variables");
}

TEST(firmware_for_32_bit_arm_is_refused)
{
        AUTO_BUFFER struct buffer image = {0};
        image_head(&image);
        memcpy(image.data, "\xFE\x03\x00\xEA", 4); // b 0x1000 in A32
        assert_refused(buffer_view(&image), "32-bit Arm");
}

TEST(a_blank_image_is_refused)
{
        AUTO_BUFFER struct buffer image = {0};
        assert_refused((struct bytes){0}, "blank");
        buffer_fill(&image, 0, 4096);
        assert_refused(buffer_view(&image), "blank");
        memset(image.data, 0xFF, image.size);
        assert_refused(buffer_view(&image), "blank");
}

TEST(a_branch_to_anything_else_is_refused)
{
        AUTO_BUFFER struct buffer image = {0};
        image_head(&image);
        image.data[1] = 0x08; // 0x2000
        assert_refused(buffer_view(&image), "an EDK2 firmware volume");
        memcpy(image.data, "\xFF\xFF\xFF\x17", 4); // backwards
        assert_refused(buffer_view(&image), "does not begin with a branch");
        memcpy(image.data,
               "\x7F"
               "ELF",
               4);
        assert_refused(buffer_view(&image), "does not begin with a branch");
}

TEST(a_volume_without_code_is_refused)
{
        AUTO_BUFFER struct buffer image = {0};
        image_head(&image);
        memset(image.data + IMAGE_VOLUME_AT, 0, 4);
        image_seal(&image);
        assert_refused(buffer_view(&image), "does not begin with a branch");
}

TEST(a_flipped_bit_in_the_header_is_refused)
{
        AUTO_BUFFER struct buffer image = {0};
        image_head(&image);
        for (size_t bit = 0; bit < IMAGE_VOLUME_HEADER_SIZE * 8; bit++) {
                AUTO_ERROR struct error err = {0};
                uint8_t *byte = &image.data[IMAGE_VOLUME_AT + bit / 8];
                *byte ^= (uint8_t)(1U << bit % 8);
                assert_false(flash_image_check_head(buffer_view(&image), IMAGE_SIZE, &err));
                *byte ^= (uint8_t)(1U << bit % 8);
        }
}

TEST(an_image_cut_off_anywhere_is_refused)
{
        AUTO_BUFFER struct buffer image = {0};
        image_head(&image);
        for (size_t size = 0; size < IMAGE_VOLUME_AT + IMAGE_VOLUME_HEADER_SIZE; size++) {
                AUTO_ERROR struct error err = {0};
                assert_false(flash_image_check_head((struct bytes){image.data, size}, IMAGE_SIZE, &err));
        }
        // The head is there, and the volume says that it is longer than the image.
        AUTO_ERROR struct error err = {0};
        assert_false(flash_image_check_head(buffer_view(&image), IMAGE_VOLUME_SIZE, &err));
}

TEST_IN_SCRATCH(a_smaller_image_is_filled_up_with_a_hole)
{
        AUTO_ERROR struct error err = {0};
        struct stat status;
        image_write("code");
        assert_done(flash_image_pad("code", &err), &err);
        assert_int_equal(stat("code", &status), 0);
        assert_int_equal(status.st_size, FLASH_BANK_SIZE);
        assert_true(status.st_blocks * 512 < 1 << 20);
        assert_done(flash_image_check_code("code", &err), &err);
        assert_done(flash_image_pad("code", &err), &err);
        shell("truncate -s 67108865 code");
        assert_false(flash_image_pad("code", &err));
        assert_error(&err, ERROR_DAMAGED, "has 67108865 bytes");
}
