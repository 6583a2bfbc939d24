// SPDX-License-Identifier: Apache-2.0
#include "varstore/signatures.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        LIST_HEADER_SIZE = 28
};

bool signatures_next(struct bytes data, size_t *offset, struct signature_list *list)
{
        struct cursor cursor = cursor_at(data, *offset);
        struct guid type = guid_read(&cursor);
        uint32_t list_size = cursor_u32(&cursor);
        uint32_t header_size = cursor_u32(&cursor);
        uint32_t signature_size = cursor_u32(&cursor);
        cursor_skip(&cursor, header_size);
        if (cursor.overrun || signature_size <= sizeof(struct guid) || list_size < LIST_HEADER_SIZE ||
            header_size > list_size - LIST_HEADER_SIZE)
                return false;
        struct bytes signatures = cursor_bytes(&cursor, list_size - LIST_HEADER_SIZE - header_size);
        if (cursor.overrun || signatures.size % signature_size)
                return false;
        *list = (struct signature_list){
                .type = type,
                .count = signatures.size / signature_size,
                .signature_size = signature_size,
                .signatures = signatures,
        };
        *offset = cursor.at;
        return true;
}

bool signatures_at(const struct signature_list *list, size_t index, struct guid *owner, struct bytes *signature)
{
        struct bytes entry;
        if (index >= list->count ||
            !bytes_slice(list->signatures, index * list->signature_size, list->signature_size, &entry))
                return false;
        struct cursor cursor = cursor_at(entry, 0);
        *owner = guid_read(&cursor);
        *signature = cursor_bytes(&cursor, cursor_left(&cursor));
        return true;
}

const char *signatures_kind(struct guid type, bool plural)
{
        static const struct {
                const struct guid *type;
                const char *one, *many;
        } kinds[] = {
                {&GUID_EFI_CERT_X509, "certificate", "certificates"},
                {&GUID_EFI_CERT_SHA1, "SHA-1 hash", "SHA-1 hashes"},
                {&GUID_EFI_CERT_SHA256, "SHA-256 hash", "SHA-256 hashes"},
                {&GUID_EFI_CERT_SHA384, "SHA-384 hash", "SHA-384 hashes"},
                {&GUID_EFI_CERT_SHA512, "SHA-512 hash", "SHA-512 hashes"},
                {&GUID_EFI_CERT_RSA2048, "RSA key", "RSA keys"},
                {&GUID_EFI_CERT_X509_SHA256, "SHA-256 hash of a certificate", "SHA-256 hashes of certificates"},
                {&GUID_EFI_CERT_TYPE_PKCS7, "PKCS #7 certificate", "PKCS #7 certificates"},
        };
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
                if (guid_equal(*kinds[i].type, type))
                        return plural ? kinds[i].many : kinds[i].one;
        return NULL;
}

// ---- X.509 ----

// As in RFC 2253, with non-ASCII characters unescaped.
static char *name_text(const X509_NAME *name)
{
        BIO *memory = BIO_new(BIO_s_mem());
        if (!memory)
                return memory_text("");
        X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
        char *data = NULL;
        long length = BIO_get_mem_data(memory, &data);
        char *text = text_printable(data ? data : "", data && length > 0 ? (size_t)length : 0, false);
        BIO_free(memory);
        return text;
}

static char *time_text(const ASN1_TIME *time)
{
        struct tm parts;
        if (!ASN1_TIME_to_tm(time, &parts))
                return memory_text("");
        return text_format("%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                           parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static char *sha256_text(struct bytes bytes)
{
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        if (!EVP_Digest(bytes.data, bytes.size, digest, &size, EVP_sha256(), NULL))
                size = 0;
        return text_hex((struct bytes){digest, size});
}

bool certificate_read(struct bytes der, struct certificate *certificate, struct error *err)
{
        *certificate = (struct certificate){0};
        const unsigned char *at = der.data;
        X509 *x509 = der.size ? d2i_X509(NULL, &at, (long)der.size) : NULL;
        if (!x509)
                return error_set(err, ERROR_DAMAGED, "%zu bytes that are not an X.509 certificate", der.size);
        struct bytes whole = {der.data, (size_t)(at - der.data)};
        *certificate = (struct certificate){
                .subject = name_text(X509_get_subject_name(x509)),
                .issuer = name_text(X509_get_issuer_name(x509)),
                .not_before = time_text(X509_get0_notBefore(x509)),
                .not_after = time_text(X509_get0_notAfter(x509)),
                .sha256 = sha256_text(whole),
        };
        X509_free(x509);
        return true;
}

void certificate_free(struct certificate *certificate)
{
        free(certificate->subject);
        free(certificate->issuer);
        free(certificate->not_before);
        free(certificate->not_after);
        free(certificate->sha256);
        *certificate = (struct certificate){0};
}
