// SPDX-License-Identifier: Apache-2.0
//
// Which firmware a command uses: the one that the user names, or the best that is available.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"
#include "fw/net/network.h"

// What to use when the user names none: an installed one that is as it was, else the first of apt and system that works.
// Where none does, ERR tells the reasons of all.
bool firmware_default(struct firmware *firmware, struct error *err);

// The same for a real ESXi: the catalog's default; where the network fails, firmware_default, and a notice says that it is
// another one.
bool firmware_for_esxi(const struct firmware_network *network, const char *root, struct firmware *firmware,
                       struct error *err);

// Where the code of that firmware is, or will be once it is fetched: nothing is fetched, and no file is looked into but
// firmware.json. Freed with free().
char *firmware_code_for_esxi(const char *root, struct error *err);

// What the user calls NAME: a folder where it has a slash or is one, an installed firmware, or an entry of the catalog,
// which is fetched (with MAY_FETCH; without it ERROR_USAGE).
bool firmware_named(const char *name, bool may_fetch, struct firmware *firmware, struct error *err);
