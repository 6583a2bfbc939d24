// SPDX-License-Identifier: Apache-2.0
//
// Signature lists: the content of the Secure Boot variables PK, KEK, db, dbx, dbt and dbr.
//
//         GUID type | u32 size of the list | u32 size of its header | u32 size of a signature | header | signatures
//
// A signature is the GUID of its owner and, depending on the type, an X.509 certificate, a digest or a key. Lists
// follow each other without padding. Source: UEFI 2.10, 32.4.1.
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

// Reads the list at *OFFSET of DATA and moves *OFFSET past it. False at the end, or if a list is not well-formed;
// *OFFSET is then before the end.
bool signatures_next(struct bytes data, size_t *offset, struct signature_list *list);

// The signature INDEX of LIST, counted from 0: the owner, and the certificate, digest or key that follows. False if
// INDEX is too large.
bool signatures_at(const struct signature_list *list, size_t index, struct guid *owner, struct bytes *signature);

// The kind of signature in a list: "certificate", "SHA-256 hash"; PLURAL for any number but 1. NULL if unknown.
const char *signatures_kind(struct guid type, bool plural);

// The names and dates of an X.509 certificate. Every text is valid UTF-8 and safe for a terminal.
struct certificate {
        char *subject, *issuer;       // as RFC 2253 writes names: "CN=Microsoft Windows Production PCA 2011,O=..."
        char *not_before, *not_after; // UTC, as ISO 8601 writes it: "2011-10-19T18:41:42Z"
        char *sha256;                 // of the whole certificate, in hexadecimal
};

// Reads DER; trailing bytes are allowed. Fails (ERROR_DAMAGED) if it is not a certificate.
bool certificate_read(struct bytes der, struct certificate *certificate, struct error *err);
void certificate_free(struct certificate *certificate);
#define AUTO_CERTIFICATE __attribute__((cleanup(certificate_free)))
