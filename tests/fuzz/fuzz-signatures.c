// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "varstore/signatures.h"
#include "varstore/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct signature_list *list)
{
        struct guid owner;
        struct bytes signature;
        size_t count = 0;
        for (; count < 8 && signatures_at(list, count, &owner, &signature); count++) {
                AUTO_CERTIFICATE struct certificate certificate = {0};
                if (certificate_read(signature, &certificate, NULL) &&
                    !(certificate.subject && certificate.issuer && certificate.not_before && certificate.not_after &&
                      strlen(certificate.sha256) == 64))
                        abort();
        }
        if (count < 8 && count != list->count)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes bytes = {data, size};
        struct signature_list list;
        size_t offset = 0;
        while (signatures_next(bytes, &offset, &list))
                look_at(&list);
        char name[] = "db";
        struct variable variable = {.vendor = GUID_EFI_IMAGE_SECURITY_DATABASE, .name = name, .data = bytes};
        char *text = value_text(&variable);
        // There is a text if and only if the lists are well-formed up to the end.
        if ((text != NULL) != (offset == size))
                abort();
        free(text);
        return 0;
}
