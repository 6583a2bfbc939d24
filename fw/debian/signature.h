// SPDX-License-Identifier: Apache-2.0
//
// The signature of a text, as gpgv(1) sees it. Source: GnuPG, doc/DETAILS, "General status codes".
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// Who may have signed.
struct signers {
        const char *keyring; // the path of a keyring that holds these keys and no other (fw/debian/keyring.h)
        const char *const *fingerprints; // of the primary keys
        size_t count;
};

// Checks the clear-signed file PATH, which one of SIGNERS has to have signed, with a key that is neither expired nor
// revoked, and writes what was signed, and nothing else, to TEXT_PATH. *SIGNER is the fingerprint of the primary key, freed
// with free(). ERROR_DAMAGED where the signature is missing, wrong or another's; ERROR_ENVIRONMENT where there is no gpgv.
bool signature_check(const char *path, const struct signers *signers, const char *text_path, char **signer,
                     struct error *err);

// The same for what gpgv says on its --status-fd: the signer, NULL where it vouches for nothing.
char *signature_read_status(const char *status, const struct signers *signers, struct error *err);
