// SPDX-License-Identifier: Apache-2.0
//
// The firmware package that apt would install.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "fw/catalog.h"
#include "fw/firmware.h"

// The package that apt would install, by apt; PACKAGE NULL is FIRMWARE_PACKAGE. Size and SHA-256 are those of apt's
// index. Where that very .deb is installed already and its files are as they were, nothing is downloaded.
bool firmware_fetch_apt(const char *package, const char *root, struct firmware *firmware, struct error *err);

// The package of ENTRY from apt, which has to know one of its suites.
bool fetch_catalog_by_apt(const struct catalog_entry *entry, const char *root, struct firmware *firmware,
                          struct error *err);
