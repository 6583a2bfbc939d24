// SPDX-License-Identifier: Apache-2.0
//
// OpenPGP keys by fingerprint: selects the pinned keys from a keyring. Source: RFC 4880, 4.2 (packets), 6.2 (ASCII
// armour), 11.1 (transferable public keys), 12.2 (fingerprints).
//
// A fingerprint is the SHA-1 of a version 4 key, 40 upper-case hexadecimal digits: with it, neither the file nor the
// server that the key comes from needs to be trusted.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

// Adds to KEYRING, as gpgv(1) reads it, the keys of FILE (binary or armoured) that have one of the COUNT FINGERPRINTS,
// each with its user names, signatures and subkeys. Returns how many. Reading stops at the first data that is not
// OpenPGP.
size_t keyring_select(struct bytes file, const char *const *fingerprints, size_t count, struct buffer *keyring);

// Where keys are searched.
struct keyring_source {
        const char *const *fingerprints; // pinned
        size_t count;
        const char *file;       // a keyring given by the user, or NULL
        const char *key_server; // used if no file has a key: https://...; or NULL
};

// Writes the pinned keys that are found to the keyring at PATH: from the user's file, then the system's keyrings
// (/usr/share/keyrings, /etc/apt/keyrings, /etc/apt/trusted.gpg.d), then the key server. *FROM is where they were
// found, freed with free(). ERROR_ENVIRONMENT if none is found, ERROR_DAMAGED if the key server returns another key.
bool keyring_write(const struct keyring_source *source, const char *path, char **from, struct error *err);
