// SPDX-License-Identifier: Apache-2.0
//
// What a variable's data says, in words: numbers, switches, texts, orders, device paths, load options, signature lists.
// A table by vendor and name; a variable that is not in it is shown as bytes by whoever shows it.
#pragma once

#include "varstore/variable.h"

// The value of VARIABLE as text, freed with free(). NULL where its meaning is not known or its data is not of the form
// that it should have.
char *value_text(const struct variable *variable);
