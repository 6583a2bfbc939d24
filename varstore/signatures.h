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
