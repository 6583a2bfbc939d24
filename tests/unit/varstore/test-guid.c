// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/test.h"

#include "base/memory.h"
#include "varstore/guid.h"

#ifdef HAVE_EFIVAR
#include <efivar/efivar.h>
#endif

// UEFI 2.10, appendix A: the bytes of EFI_GLOBAL_VARIABLE as they are on disk.
static const struct guid GLOBAL = {
        {0x61, 0xDF, 0xE4, 0x8B, 0xCA, 0x93, 0xD2, 0x11, 0xAA, 0x0D, 0x00, 0xE0, 0x98, 0x03, 0x2B, 0x8C}};

TEST(text_is_in_mixed_order_and_upper_case)
{
        char text[37];
        guid_text(GLOBAL, text);
        assert_string_equal(text, "8BE4DF61-93CA-11D2-AA0D-00E098032B8C");
        assert_true(guid_equal(GLOBAL, GUID_EFI_GLOBAL_VARIABLE));
}

TEST(text_is_read_in_either_case)
{
        struct guid guid;
        assert_true(guid_parse("8BE4DF61-93CA-11D2-AA0D-00E098032B8C", &guid));
        assert_true(guid_equal(guid, GLOBAL));
        assert_true(guid_parse("8be4df61-93ca-11d2-aa0d-00e098032b8c", &guid));
        assert_true(guid_equal(guid, GLOBAL));
}

TEST(invalid_guid_is_refused)
{
        static const char whole[] = "8BE4DF61-93CA-11D2-AA0D-00E098032B8C";
        struct guid guid = GLOBAL;
        for (size_t length = 0; length < strlen(whole); length++) {
                AUTO_FREE char *cut = memory_text(whole);
                cut[length] = 0;
                assert_false(guid_parse(cut, &guid));
        }
        for (size_t at = 0; at < strlen(whole); at++) {
                AUTO_FREE char *wrong = memory_text(whole);
                wrong[at] = 'G';
                assert_false(guid_parse(wrong, &guid));
        }
        assert_false(guid_parse("8BE4DF61-93CA-11D2-AA0D-00E098032B8C ", &guid));
        assert_false(guid_parse("{8BE4DF61-93CA-11D2-AA0D-00E098032B8C}", &guid));
        assert_true(guid_equal(guid, GLOBAL));
}

TEST(known_names_lead_both_ways)
{
        struct guid guid;
        assert_string_equal(guid_name(GLOBAL), "EFI_GLOBAL_VARIABLE");
        assert_true(guid_find("efi_global_variable", &guid));
        assert_true(guid_equal(guid, GLOBAL));
        assert_null(guid_name((struct guid){{1}}));
        assert_false(guid_find("NOBODY", &guid));
}

TEST(bytes_are_read_from_a_cursor)
{
        struct cursor cursor = cursor_at((struct bytes){GLOBAL.bytes, 16}, 0);
        assert_true(guid_equal(guid_read(&cursor), GLOBAL));
        assert_true(guid_is_zero(guid_read(&cursor)));
        assert_true(cursor.overrun);
}

#ifdef HAVE_EFIVAR
TEST(text_and_bytes_are_those_of_libefivar)
{
        static const struct {
                const efi_guid_t *theirs;
                const struct guid *guid;
        } same[] = {
                {&efi_guid_global, &GUID_EFI_GLOBAL_VARIABLE},
                {&efi_guid_security, &GUID_EFI_IMAGE_SECURITY_DATABASE},
                {&efi_guid_shim, &GUID_SHIM_LOCK},
                {&efi_guid_microsoft, &GUID_MICROSOFT_OWNER},
                {&efi_guid_sha256, &GUID_EFI_CERT_SHA256},
                {&efi_guid_x509_cert, &GUID_EFI_CERT_X509},
        };
        for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
                assert_memory_equal(same[i].theirs, same[i].guid->bytes, sizeof(efi_guid_t));
                char text[37];
                guid_text(*same[i].guid, text);
                efi_guid_t parsed;
                assert_int_equal(efi_str_to_guid(text, &parsed), 0);
                assert_memory_equal(&parsed, same[i].theirs, sizeof parsed);
        }
}
#endif
