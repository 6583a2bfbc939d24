// SPDX-License-Identifier: Apache-2.0
//
// Root's password: from the first line of a file, the environment variable ROOT_PASSWORD, or a terminal, where the user
// types it twice. It never appears in an argument, a log or a message.
#pragma once

#include "base/error.h"

// Free with password_free. FILE may be NULL. Fails if no password is given, or it has characters that are not printable
// ASCII.
char *password_get(const char *file, struct error *err);

// The same for the password of a system that exists: at a terminal the user types it once.
char *password_get_existing(const char *file, struct error *err);

// A copy to be freed with password_free.
char *password_copy(const char *password);

// Overwrites the password before it frees it.
void password_free(char **password);
#define AUTO_PASSWORD __attribute__((cleanup(password_free)))
