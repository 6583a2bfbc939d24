// SPDX-License-Identifier: Apache-2.0
//
// The hash of a password as crypt(3) makes it with SHA-512. Not every system's crypt(3) can: macOS' cannot.
// Source: Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", version 0.6.
#pragma once

// "$6$SALT$HASH", with the usual 5000 rounds; freed with free(). SALT is 1 to 16 characters of [A-Za-z0-9./]. NULL if OpenSSL
// cannot compute a SHA-512.
char *sha512_crypt(const char *password, const char *salt);
