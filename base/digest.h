// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), by OpenSSL: of bytes, of a file, and of a stream.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
        DIGEST_SIZE = 32, // bytes of a SHA-256
};

struct digest {
        uint8_t bytes[DIGEST_SIZE];
};

// A digest that is being computed. An OpenSSL error is kept and reported by digest_end.
struct digest_stream;
#define AUTO_DIGEST_STREAM __attribute__((cleanup(digest_discard)))

struct digest_stream *digest_begin(void); // never NULL
void digest_add(struct digest_stream *stream, struct bytes bytes);

// The digest of everything added. Frees *STREAM (which becomes NULL) on success and on failure.
bool digest_end(struct digest_stream **stream, struct digest *digest, struct error *err);
void digest_discard(struct digest_stream **stream);

bool digest_bytes(struct bytes bytes, struct digest *digest, struct error *err);

// Of the regular file at PATH, of any size: it is read in pieces.
bool digest_file(const char *path, struct digest *digest, struct error *err);

// The same as if a file shorter than SIZE bytes were padded with zeroes to SIZE.
bool digest_file_padded(const char *path, uint64_t size, struct digest *digest, struct error *err);

// 64 lower-case hexadecimal digits; freed with free().
char *digest_hex(const struct digest *digest);

// The digest that HEX spells, in either case. False if it is not exactly 64 hexadecimal digits.
bool digest_parse(const char *hex, struct digest *digest);

bool digest_equal(const struct digest *a, const struct digest *b);
