// SPDX-License-Identifier: Apache-2.0
// The rules for a root password. Pure.
#pragma once

#include <stddef.h>

#define PASSWORD_MAX 40

// Why the installer refuses PASSWORD and its CONFIRMATION; NULL if it accepts them.
const char *password_refusal(const char *password, const char *confirmation);
