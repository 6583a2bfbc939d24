// SPDX-License-Identifier: Apache-2.0
//
// A module of an installer (K.B00, the kernel, for instance) as its content: on an ESXi disc it is a gzip file, elsewhere it
// may lie there as it is. What it is shows in its first bytes.
// Source: RFC 1952 (gzip); by zlib.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

// Bytes that a module may have, packed or not. ESXi's are far smaller; a file that unpacks to more is made to fill memory.
#define PATCH_MODULE_LIMIT (UINT64_C(256) << 20)

// Free with patch_module_free.
struct patch_module {
        struct buffer content;
        bool packed;                  // its file is gzip
        struct digest file_digest;    // of the file that it was unpacked from
        struct digest content_digest; // of what was in it
};
#define AUTO_PATCH_MODULE __attribute__((cleanup(patch_module_free)))
void patch_module_free(struct patch_module *module);

// Unpacks FILE. Fails with ERROR_DAMAGED if it is a gzip file that is damaged or cut off, holds more than PATCH_MODULE_LIMIT
// bytes, or goes on behind its first member.
bool patch_module_unpack(struct bytes file, struct patch_module *module, struct error *err);

// Adds to FILE what becomes of MODULE: gzip at its usual level, without a time or a name, if it was packed. The same
// content always gives the same bytes, with the same version of zlib.
bool patch_module_pack(const struct patch_module *module, struct buffer *file, struct error *err);
