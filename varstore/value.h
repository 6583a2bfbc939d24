// SPDX-License-Identifier: Apache-2.0
//
// A variable's data as readable text: numbers, switches, texts, orders, device paths, load options, signature lists.
// Decoders are in a table by vendor and name; the caller shows other variables as bytes.
#pragma once

#include <stdbool.h>

#include "varstore/variable.h"

// The value of VARIABLE as text, freed with free(). NULL if its meaning is not known or its data is malformed.
char *value_text(const struct variable *variable);

// The same on one line: if the meaning is not known, the first bytes in hexadecimal. Never NULL, freed with free().
char *value_summary(const struct variable *variable);

// Whether VARIABLE contains signature lists: PK, KEK, db, dbx, dbt, dbr, shim's lists.
bool value_is_signatures(const struct variable *variable);
