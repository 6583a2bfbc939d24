// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "fw/firmware.h"
#include "fw/net/network.h"

// Fetches a .deb from URL, which must have this SHA256 (64 hexadecimal digits) and, unless it is 0, SIZE in bytes.
// NETWORK may be NULL.
bool firmware_fetch_url(const char *url, const char *sha256, uint64_t size, const struct firmware_network *network,
                        const char *root, struct firmware *firmware, struct error *err);

// A .deb on disk. It is not verified; its digest is recorded.
bool firmware_fetch_deb(const char *path, const char *root, struct firmware *firmware, struct error *err);
