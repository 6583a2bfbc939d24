// SPDX-License-Identifier: Apache-2.0
//
// Which firmware a command uses: the one that the user names, or the best that is available.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"
#include "fw/net/network.h"

// The firmware to use if the user names none: an installed, unchanged one, else the first of apt and system that works.
// If none does, ERR lists the reason for each.
bool firmware_default(struct firmware *firmware, struct error *err);

// The same for a real ESXi: the catalog's default; if the network fails, firmware_default, with a warning.
bool firmware_for_esxi(const struct firmware_network *network, const char *root, struct firmware *firmware,
                       struct error *err);

// The path of that firmware's code, now or after a fetch; freed with free(). Fetches nothing, reads only firmware.json.
char *firmware_code_for_esxi(const char *root, struct error *err);

// The firmware that the user names NAME: a folder if it has a slash or is one, an installed firmware, or an entry of
// the catalog, which is fetched (ERROR_USAGE without MAY_FETCH).
bool firmware_named(const char *name, bool may_fetch, struct firmware *firmware, struct error *err);
