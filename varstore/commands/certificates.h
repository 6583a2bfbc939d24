// SPDX-License-Identifier: Apache-2.0
//
// Prints the certificates of a Secure Boot variable.
#pragma once

#include "varstore/variable.h"

// Prints one line for each, beginning with a tab; nothing if the variable has no signature lists.
void certificates_print(const struct variable *variable);
