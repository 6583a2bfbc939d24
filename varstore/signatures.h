// SPDX-License-Identifier: Apache-2.0
//
// Signature lists: what the Secure Boot variables PK, KEK, db, dbx, dbt and dbr hold.
//
//         GUID type | u32 size of the list | u32 size of its header | u32 size of a signature | header | signatures
//
// A signature is the GUID of its owner and, by the type, an X.509 certificate, a digest, a key. Lists follow each other
// without padding. Source: UEFI 2.10, 32.4.1.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "varstore/guid.h"

struct signature_list {
        struct guid type;
        size_t count;            // signatures in it
        size_t signature_size;   // each, owner included
        struct bytes signatures; // one after the other
};

// Reads the list at *OFFSET of DATA and moves *OFFSET behind it. False at the end and where a list is not well-formed:
// *OFFSET is then short of the end.
bool signatures_next(struct bytes data, size_t *offset, struct signature_list *list);

// The signature INDEX of LIST, from 0 up to its count: the owner, and the certificate, digest or key that follows. False
// where there are not so many.
bool signatures_at(const struct signature_list *list, size_t index, struct guid *owner, struct bytes *signature);

// What kind of signature a list holds, in words: "certificate", "SHA-256 hash". PLURAL for other numbers than 1. NULL
// where the type is not known.
const char *signatures_kind(struct guid type, bool plural);

// What an X.509 certificate says of itself. Every text is valid UTF-8 and fit for a terminal.
struct certificate {
        char *subject, *issuer;       // as RFC 2253 writes names: "CN=Microsoft Windows Production PCA 2011,O=..."
        char *not_before, *not_after; // UTC, as ISO 8601 writes it: "2011-10-19T18:41:42Z"
        char *sha256;                 // of the whole certificate, in hexadecimal
};

// Reads DER, which may have bytes behind it. Fails (ERROR_DAMAGED) where it is no certificate.
bool certificate_read(struct bytes der, struct certificate *certificate, struct error *err);
void certificate_free(struct certificate *certificate);
#define AUTO_CERTIFICATE __attribute__((cleanup(certificate_free)))
