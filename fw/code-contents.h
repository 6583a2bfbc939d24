// SPDX-License-Identifier: Apache-2.0
//
// The content of a CODE image: its programs, and the QEMU switches that its drivers obey. They determine which boot
// entries the firmware creates itself (varstore/generation.h).
//
// A firmware volume contains files, a file of type FIRMWARE_VOLUME_IMAGE contains sections, and a section is another
// volume, or more sections in compressed form. EDK2 for QEMU's virt machine has one volume in the flash; all but its
// first steps are in an LZMA-compressed volume within it. Source: UEFI PI 1.8, volume 3, 2.1 to 2.2 and 3.2; EDK2
// MdeModulePkg, Guid/LzmaDecompress.h.
#pragma once

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"

struct code_contents {
        struct arguments programs; // GUIDs of the files of type APPLICATION, upper case: UiApp, the shell, ...
        struct arguments switches; // names of fw_cfg files, "opt/org.tianocore/EFIShellSupport"
};
#define AUTO_CODE_CONTENTS __attribute__((cleanup(code_contents_free)))

// Reads the flash image IMAGE. Fails with ERROR_DAMAGED if it has no firmware volume, if a file or section exceeds its
// container, or if a section has an unknown compression. Free CONTENTS with code_contents_free, also on failure.
bool code_contents_read(struct bytes image, struct code_contents *contents, struct error *err);

// The same for the file at PATH, cached while it does not change (base/cache.h): unpacking takes a tenth of a second.
bool code_contents_of(const char *path, struct code_contents *contents, struct error *err);
void code_contents_free(struct code_contents *contents);
