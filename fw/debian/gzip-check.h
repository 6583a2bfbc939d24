// SPDX-License-Identifier: Apache-2.0
//
// The part of a gzip stream that libarchive does not check: the CRC-32 and the length at its end. Source: RFC 1952, 2.3.
//
// The stream is shown to the check as it is read, before and after unpacking. A stream that is not gzip passes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

// Begins zeroed.
struct gzip_check {
        bool is_gzip, begun;
        uint8_t tail[8]; // the last packed bytes so far
        uint32_t crc;
        uint32_t length; // of the unpacked bytes, modulo 2^32
};

void gzip_check_packed(struct gzip_check *check, struct bytes packed);
void gzip_check_unpacked(struct gzip_check *check, struct bytes unpacked);

// Whether the whole stream, of which everything was shown, is as it was packed.
bool gzip_check_end(const struct gzip_check *check);
