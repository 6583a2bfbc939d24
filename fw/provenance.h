// SPDX-License-Identifier: Apache-2.0
//
// firmware.json: an installed firmware's name, origin, verification, and the digest of each of its files.
// docs/firmware.md describes every key.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "fw/firmware.h"

#define FIRMWARE_CODE "AAVMF_CODE.fd"
#define FIRMWARE_VARS "AAVMF_VARS.fd"

// Writes FIRMWARE's firmware.json into FOLDER.
bool provenance_write(const char *folder, const struct firmware *firmware, struct error *err);

// Reads FOLDER's firmware.json. ERROR_USAGE if it does not exist, ERROR_DAMAGED if it is malformed or names files in
// another folder. Fills FIRMWARE (which must be empty) except its outcome.
bool provenance_read(const char *folder, struct firmware *firmware, struct error *err);

// Hashes the files in FIRMWARE's folder: all, or with ESSENTIAL those for QEMU, and those only if they changed since
// they were last hashed (digest-cache.h). ERROR_DAMAGED, with the file and both digests, if one has changed.
bool provenance_check(const struct firmware *firmware, bool essential, struct error *err);

// The chain as JSON, an array; the caller owns it.
json_t *provenance_links_to_json(const struct firmware *firmware);
