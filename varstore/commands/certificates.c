// SPDX-License-Identifier: Apache-2.0
#include "varstore/commands/certificates.h"

#include <stdio.h>

#include "varstore/signatures.h"
#include "varstore/value.h"

static void print_certificate(struct bytes der)
{
        AUTO_CERTIFICATE struct certificate certificate = {0};
        AUTO_ERROR struct error err = {0};
        if (certificate_read(der, &certificate, &err))
                printf("\t%s\tissued by %s\t%.10s to %.10s\tSHA-256 %s\n", certificate.subject, certificate.issuer,
                       certificate.not_before, certificate.not_after, certificate.sha256);
        else
                printf("\t%s\n", err.message);
}

void certificates_print(const struct variable *variable)
{
        struct signature_list list;
        size_t offset = 0;
        while (value_is_signatures(variable) && signatures_next(variable->data, &offset, &list)) {
                struct guid owner;
                struct bytes der;
                if (!guid_equal(list.type, GUID_EFI_CERT_X509))
                        continue;
                for (size_t i = 0; signatures_at(&list, i, &owner, &der); i++)
                        print_certificate(der);
        }
}
