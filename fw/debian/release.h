// SPDX-License-Identifier: Apache-2.0
//
// The Release file of a Debian-like archive: its suite, date, end of validity, and the size and SHA-256 of every index.
// Check its signature first (fw/debian/signature.h). Source: Debian wiki, DebianRepository/Format.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct release {
        char *suite, *codename;       // NULL if it has none
        char *date_text, *until_text; // as written; UNTIL_TEXT is NULL without a Valid-Until
        uint64_t date, until;         // seconds since 1970; UNTIL is 0 without a Valid-Until
        char *text;
};
#define AUTO_RELEASE __attribute__((cleanup(release_free)))
void release_free(struct release *release);

// Reads TEXT, the signed text. ERROR_DAMAGED if a field is missing or a date is invalid.
bool release_parse(const char *text, struct release *release, struct error *err);

// Checks that it is SUITE's and valid at NOW (seconds since 1970): not dated in the future (a day is allowed for
// clocks) and not expired. ERROR_DAMAGED if not.
bool release_check(const struct release *release, const char *suite, uint64_t now, struct error *err);

// The digest and size of the index PATH ("main/binary-arm64/Packages.xz"). False if it is not listed.
bool release_find(const struct release *release, const char *path, struct digest *digest, uint64_t *size);
