// SPDX-License-Identifier: Apache-2.0
//
// The signature of a text, checked by gpgv(1). Source: GnuPG, doc/DETAILS, "General status codes".
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// The accepted signers.
struct signers {
        const char *keyring;             // the path of a keyring with only these keys (fw/debian/keyring.h)
        const char *const *fingerprints; // of the primary keys
        size_t count;
};

// Checks that the clear-signed file PATH is signed by one of SIGNERS with a key that is neither expired nor revoked,
// and writes only the signed text to TEXT_PATH. *SIGNER is the fingerprint of the primary key, freed with free().
// ERROR_DAMAGED if the signature is missing, wrong or by another key; ERROR_ENVIRONMENT if gpgv is not installed.
bool signature_check(const char *path, const struct signers *signers, const char *text_path, char **signer,
                     struct error *err);

// The same for gpgv's output on its --status-fd: the signer; NULL if the signature is not accepted.
char *signature_read_status(const char *status, const struct signers *signers, struct error *err);
