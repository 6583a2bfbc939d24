// SPDX-License-Identifier: Apache-2.0
//
// A firmware that the catalog knows.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/catalog.h"
#include "fw/firmware.h"
#include "fw/net/network.h"

// An entry of the catalog: through its archive (or the mirror), with the whole chain of proof from the pinned key to the
// .deb, or where it has no archive through apt. A version that the archive has dropped comes from its snapshots. One that is
// pinned and installed is found without the network. NETWORK may be NULL.
bool firmware_fetch_catalog(const struct catalog_entry *entry, const struct firmware_network *network, const char *root,
                            struct firmware *firmware, struct error *err);
