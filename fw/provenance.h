// SPDX-License-Identifier: Apache-2.0
//
// firmware.json: what an installed firmware is, where it came from, how that was verified, and the digest of each of
// its files. docs/firmware.md describes every key.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

#define FIRMWARE_CODE "AAVMF_CODE.fd"
#define FIRMWARE_VARS "AAVMF_VARS.fd"

// Writes FIRMWARE's firmware.json into FOLDER.
bool provenance_write(const char *folder, const struct firmware *firmware, struct error *err);

// Reads FOLDER's. ERROR_USAGE where there is none, ERROR_DAMAGED where it is not as described or names another folder's
// files. FIRMWARE (which is empty) is filled but for its outcome.
bool provenance_read(const char *folder, struct firmware *firmware, struct error *err);

// Hashes the files that lie in FIRMWARE's folder: all, or with ESSENTIAL those that QEMU is given, and those only where
// they changed since they were hashed last (digest-cache.h). ERROR_DAMAGED, with
// the file and both digests, where one is not as it was.
bool provenance_check(const struct firmware *firmware, bool essential, struct error *err);

// The chain as JSON, an array; the caller owns it.
json_t *provenance_links_to_json(const struct firmware *firmware);
