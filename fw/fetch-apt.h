// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/catalog.h"
#include "fw/firmware.h"

// Fetches the package that apt would install, by apt; PACKAGE NULL is FIRMWARE_PACKAGE. Size and SHA-256 are those of
// apt's index. If exactly that .deb is already installed and its files are unchanged, nothing is downloaded.
bool firmware_fetch_apt(const char *package, const char *root, struct firmware *firmware, struct error *err);

// The package of ENTRY from apt, which must know one of its suites.
bool fetch_catalog_by_apt(const struct catalog_entry *entry, const char *root, struct firmware *firmware,
                          struct error *err);
