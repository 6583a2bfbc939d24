// SPDX-License-Identifier: Apache-2.0
//
// Texts that a profile types, "<text: esxi-{hostname}>", with values for the names in braces. "{{" is a brace.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"
#include "launcher/machine/profile.h"

// The values; everything is borrowed.
struct fill {
        const char *hostname;          // {hostname}: the name of the machine's folder
        const char *label;             // {label}: of the boot entry
        const struct arguments *given; // KEY=VALUE, from --set; they come before the others. NULL for none
};

// TEXT with its values, freed with free(). NULL if a name has none (ERROR_USAGE), or TEXT is not well-formed.
char *fill_text(const char *text, const struct fill *fill, struct error *err);

// Whether TEXT is well-formed: it has characters that a keyboard has, and names in braces.
bool fill_check_text(const char *text, struct error *err);

// Whether GIVEN are KEY=VALUE with printable values, each for a name in a text of PHASE, and all texts get their values.
// ERROR_USAGE if not.
bool fill_check(const struct profile_phase *phase, const struct arguments *given, struct error *err);
