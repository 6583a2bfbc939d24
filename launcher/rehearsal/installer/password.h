// SPDX-License-Identifier: Apache-2.0
// The rules for a root password. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_MIN 7
#define PASSWORD_MAX 40

// What the installer says about PASSWORD and its CONFIRMATION while they are typed. *ACCEPTS is whether Enter goes on to
// password_refusal; otherwise it does nothing.
const char *password_remark(const char *password, const char *confirmation, bool *accepts);

// Why a PASSWORD of allowed length is refused all the same; NULL if it is accepted.
const char *password_refusal(const char *password);
