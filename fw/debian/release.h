// SPDX-License-Identifier: Apache-2.0
//
// The Release file of a Debian-like archive: which suite it is, of when, until when it holds, and size and SHA-256 of every
// index. It counts only after its signature does (fw/debian/signature.h). Source: Debian wiki, DebianRepository/Format.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct release {
        char *suite, *codename;       // NULL where it has none
        char *date_text, *until_text; // as written; the latter is NULL where there is no Valid-Until
        uint64_t date, until;         // seconds since 1970; UNTIL is 0 where there is none
        char *text;
};
#define AUTO_RELEASE __attribute__((cleanup(release_free)))
void release_free(struct release *release);

// Reads TEXT, what was signed. ERROR_DAMAGED where a field is missing or no date.
bool release_parse(const char *text, struct release *release, struct error *err);

// That it is SUITE's, and holds at NOW (seconds since 1970): it is not of the future (a day is allowed for clocks) and not
// expired. ERROR_DAMAGED where it is not so.
bool release_check(const struct release *release, const char *suite, uint64_t now, struct error *err);

// What it says of the index PATH ("main/binary-arm64/Packages.xz"). False where it does not have it.
bool release_find(const struct release *release, const char *path, struct digest *digest, uint64_t *size);
