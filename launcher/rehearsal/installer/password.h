// SPDX-License-Identifier: Apache-2.0
// What a root password must be. Pure.
#pragma once

#include <stddef.h>

#define PASSWORD_MAX 40

// Why the installer refuses PASSWORD entered twice as CONFIRMATION; NULL if it takes it.
const char *password_refusal(const char *password, const char *confirmation);
