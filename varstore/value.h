// SPDX-License-Identifier: Apache-2.0
//
// What a variable's data says, in words: numbers, switches, texts, orders, device paths, load options, signature lists.
// A table by vendor and name; a variable that is not in it is shown as bytes by whoever shows it.
#pragma once

#include <stdbool.h>

#include "varstore/variable.h"

// The value of VARIABLE as text, freed with free(). NULL where its meaning is not known or its data is not of the form
// that it should have.
char *value_text(const struct variable *variable);

// The same for a line of its own: where the meaning is not known, the first bytes in hexadecimal. Never NULL, freed with
// free().
char *value_summary(const struct variable *variable);

// Whether VARIABLE is one that holds signature lists: PK, KEK, db, dbx, dbt, dbr, shim's lists.
bool value_is_signatures(const struct variable *variable);
