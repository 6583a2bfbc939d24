// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/catalog.h"
#include "fw/firmware.h"
#include "fw/net/network.h"

// Fetches an entry of the catalog: from its archive (or the mirror), with the whole chain of proof from the pinned key
// to the .deb, or by apt if it has no archive. A version that the archive has dropped comes from its snapshots. A
// pinned version that is installed is found without the network. NETWORK may be NULL.
bool firmware_fetch_catalog(const struct catalog_entry *entry, const struct firmware_network *network, const char *root,
                            struct firmware *firmware, struct error *err);
