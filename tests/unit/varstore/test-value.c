// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/signatures.h"
#include "varstore/value.h"

static char *value_of(struct guid vendor, const char *name, const char *hex)
{
        AUTO_BUFFER struct buffer data = {0};
        assert_true(text_parse_hex(hex, &data));
        AUTO_FREE char *copy = memory_text(name);
        struct variable variable = {.vendor = vendor, .name = copy, .data = buffer_view(&data)};
        return value_text(&variable);
}

static void assert_value(struct guid vendor, const char *name, const char *hex, const char *expected)
{
        AUTO_FREE char *value = value_of(vendor, name, hex);
        if (!expected) {
                assert_null(value);
                return;
        }
        assert_non_null(value);
        assert_string_equal(value, expected);
}

TEST(known_variables_are_put_into_words)
{
        const struct guid global = GUID_EFI_GLOBAL_VARIABLE;
        assert_value(global, "Timeout", "0500", "5");
        assert_value(global, "BootOrder", "00000a00", "0000,000A");
        assert_value(global, "BootNext", "0400", "0004");
        assert_value(global, "Lang", "656e6700", "\"eng\"");
        assert_value(global, "PlatformLang", "656e", "\"en\"");
        assert_value(global, "Key0001", "000000405d4d80dd000017000000", "starts Boot0000");
        assert_value(global, "OsIndications", "0100000000000000", "0x0000000000000001");
        assert_value(global, "ErrOut", "0101060000017fff0400", "Pci(0x1,0x0)");
        assert_value(global, "Boot0000", "010000000a00410000000101060000017fff0400", "\"A\" Pci(0x1,0x0)");
        assert_value(GUID_EFI_CUSTOM_MODE_ENABLE, "CustomMode", "00", "off");
        assert_value(GUID_EFI_VENDOR_KEYS_NV, "VendorKeysNv", "01", "on");
        assert_value(GUID_MTC_VENDOR, "MTC", "01000000", "1");
}

TEST(unknown_and_ill_formed_variables_are_left_as_bytes)
{
        const struct guid global = GUID_EFI_GLOBAL_VARIABLE;
        assert_value(GUID_SHIM_LOCK, "Timeout", "0500", NULL);
        assert_value(global, "timeout", "0500", NULL);
        assert_value(global, "Boot00000", "00", NULL);
        assert_value(global, "Timeout", "050000", NULL);
        assert_value(global, "BootOrder", "000001", NULL);
        assert_value(global, "Key0001", "0000", NULL);
        assert_value(global, "ErrOut", "010106000001", NULL);
        assert_value(GUID_EFI_CUSTOM_MODE_ENABLE, "CustomMode", "02", NULL);
}

TEST(text_cannot_steer_the_terminal)
{
        assert_value(GUID_EFI_GLOBAL_VARIABLE, "Lang", "1b5b324a", "\"\\x1b[2J\"");
        assert_value(GUID_EFI_GLOBAL_VARIABLE, "Boot0000", "010000000a001b0000000101060000017fff0400",
                     "\"\\x1b\" Pci(0x1,0x0)");
}

// One X.509 list with a certificate of 3 bytes and one SHA-256 list of two digests (UEFI 2.10, 32.4.1).
static const char LISTS[] =
        "a159c0a5e494a74a87b5ab155c2bf072"
        "2f0000000000000013000000"
        "bd9afa775903324dbd6028f4e78f784b"
        "aabbcc"
        "2616c4c14c509240aca941f936934328"
        "7c0000000000000030000000"
        "bd9afa775903324dbd6028f4e78f784b0101010101010101010101010101010101010101010101010101010101010101"
        "bd9afa775903324dbd6028f4e78f784b0202020202020202020202020202020202020202020202020202020202020202";

TEST(signatures_are_counted)
{
        assert_value(GUID_EFI_IMAGE_SECURITY_DATABASE, "db", LISTS, "1 certificate, 2 SHA-256 hashes");
        assert_value(GUID_EFI_GLOBAL_VARIABLE, "KEK", "", "");
}

TEST(every_cut_or_bent_signature_list_is_survived)
{
        AUTO_BUFFER struct buffer data = {0};
        assert_true(text_parse_hex(LISTS, &data));
        for (size_t size = 1; size < data.size; size++) {
                AUTO_FREE uint8_t *copy = memory_copy(data.data, size);
                struct signature_list list;
                size_t offset = 0;
                size_t lists = 0;
                while (signatures_next((struct bytes){copy, size}, &offset, &list))
                        lists++;
                // Whole only at the end of the first list.
                assert_int_equal(lists, size >= 47);
                assert_int_equal(offset == size, size == 47);
        }
        for (size_t bit = 0; bit < 8 * data.size; bit++) {
                data.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                struct signature_list list;
                size_t offset = 0;
                while (signatures_next(buffer_view(&data), &offset, &list))
                        assert_true(list.count * list.signature_size == list.signatures.size);
                assert_true(offset <= data.size);
                data.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}
