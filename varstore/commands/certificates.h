// SPDX-License-Identifier: Apache-2.0
//
// How the commands show the certificates of a Secure Boot variable.
#pragma once

#include "varstore/variable.h"

// A line for each, which begins with a tab; none for a variable that holds no signature lists.
void certificates_print(const struct variable *variable);
