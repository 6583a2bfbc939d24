// SPDX-License-Identifier: Apache-2.0
//
// OpenPGP keys by fingerprint: out of a keyring, in which there may be many, those that somebody has pinned.
// Source: RFC 4880, 4.2 (packets), 6.2 (ASCII armour), 11.1 (transferable public keys), 12.2 (fingerprints).
//
// A fingerprint is the SHA-1 of a version 4 key, 40 hexadecimal digits in capitals: who knows it needs to trust neither the
// file nor the server that the key comes from.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

// Adds to KEYRING, as gpgv(1) reads it, the keys of FILE (binary or armoured) that have one of the COUNT FINGERPRINTS, each
// with its user names, signatures and subkeys. Returns how many. What is no OpenPGP is passed over, with all behind it.
size_t keyring_select(struct bytes file, const char *const *fingerprints, size_t count, struct buffer *keyring);

// Where keys are looked for.
struct keyring_source {
        const char *const *fingerprints; // pinned
        size_t count;
        const char *file;       // a keyring of the user's; NULL where there is none
        const char *key_server; // asked where no file has a key: https://...; NULL for none
};

// Writes the pinned keys that can be found to the keyring at PATH: from the user's file, then the system's keyrings
// (/usr/share/keyrings, /etc/apt/keyrings, /etc/apt/trusted.gpg.d), then the key server. *FROM says where they were, freed
// with free(). ERROR_ENVIRONMENT where there is none, ERROR_DAMAGED where the key server gives another key.
bool keyring_write(const struct keyring_source *source, const char *path, char **from, struct error *err);
