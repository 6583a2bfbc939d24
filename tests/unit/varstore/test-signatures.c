// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/base/last-error.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/signatures.h"

// A list of two SHA-256 digests with a header of 3 bytes (UEFI 2.10, 32.4.1).
static const char LIST[] =
        "2616c4c14c509240aca941f936934328"
        "7f0000000300000030000000"
        "aabbcc"
        "bd9afa775903324dbd6028f4e78f784b0101010101010101010101010101010101010101010101010101010101010101"
        "61dfe48bca93d211aa0d00e098032b8c0202020202020202020202020202020202020202020202020202020202020202";

TEST(signatures_are_handed_out_with_their_owners)
{
        AUTO_BUFFER struct buffer data = {0};
        assert_true(text_parse_hex(LIST, &data));
        struct signature_list list;
        size_t offset = 0;
        assert_true(signatures_next(buffer_view(&data), &offset, &list));
        assert_int_equal(list.count, 2);
        struct guid owner;
        struct bytes signature;
        assert_true(signatures_at(&list, 0, &owner, &signature));
        assert_true(guid_equal(owner, GUID_MICROSOFT_OWNER));
        assert_int_equal(signature.size, 32);
        assert_true(bytes_all(signature, 1));
        assert_true(signatures_at(&list, 1, &owner, &signature));
        assert_true(guid_equal(owner, GUID_EFI_GLOBAL_VARIABLE));
        assert_true(bytes_all(signature, 2));
        assert_false(signatures_at(&list, 2, &owner, &signature));
        assert_false(signatures_at(&list, SIZE_MAX, &owner, &signature));
}

TEST(kinds_have_names)
{
        assert_string_equal(signatures_kind(GUID_EFI_CERT_X509, false), "certificate");
        assert_string_equal(signatures_kind(GUID_EFI_CERT_SHA256, true), "SHA-256 hashes");
        assert_null(signatures_kind(GUID_EFI_GLOBAL_VARIABLE, true));
}

// A certificate of subject and issuer "CN=Test" as OpenSSL makes it, in DER.
static void make_certificate(struct buffer *der)
{
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *x509 = X509_new();
        assert_true(key && x509);
        X509_NAME *name = X509_get_subject_name(x509);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Test", -1, -1, 0);
        X509_set_issuer_name(x509, name);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
        ASN1_TIME_set_string(X509_getm_notBefore(x509), "20200102030405Z");
        ASN1_TIME_set_string(X509_getm_notAfter(x509), "20510102030405Z");
        X509_set_pubkey(x509, key);
        assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
        unsigned char *bytes = NULL;
        int size = i2d_X509(x509, &bytes);
        assert_true(size > 0);
        buffer_add(der, bytes, (size_t)size);
        OPENSSL_free(bytes);
        X509_free(x509);
        EVP_PKEY_free(key);
}

TEST(certificate_is_read_without_the_padding)
{
        AUTO_BUFFER struct buffer der = {0};
        make_certificate(&der);
        AUTO_CERTIFICATE struct certificate alone = {0};
        assert_true(certificate_read(buffer_view(&der), &alone, NULL));
        assert_string_equal(alone.subject, "CN=Test");
        assert_string_equal(alone.issuer, "CN=Test");
        assert_string_equal(alone.not_before, "2020-01-02T03:04:05Z");
        assert_string_equal(alone.not_after, "2051-01-02T03:04:05Z");
        assert_int_equal(strlen(alone.sha256), 64);
        buffer_fill(&der, 0, 7);
        AUTO_CERTIFICATE struct certificate padded = {0};
        assert_true(certificate_read(buffer_view(&der), &padded, NULL));
        assert_string_equal(padded.sha256, alone.sha256);
}

TEST(every_cut_or_bent_certificate_is_survived)
{
        AUTO_BUFFER struct buffer der = {0};
        make_certificate(&der);
        for (size_t size = 0; size < der.size; size++) {
                AUTO_FREE uint8_t *copy = memory_copy(der.data, size);
                AUTO_CERTIFICATE struct certificate certificate = {0};
                assert_failed(certificate_read((struct bytes){copy, size}, &certificate, &err), ERROR_DAMAGED, "");
        }
        for (size_t bit = 0; bit < 8 * der.size; bit++) {
                der.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                AUTO_CERTIFICATE struct certificate certificate = {0};
                if (certificate_read(buffer_view(&der), &certificate, NULL))
                        assert_true(certificate.subject && certificate.not_after && certificate.sha256);
                der.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}
