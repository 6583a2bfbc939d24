// SPDX-License-Identifier: Apache-2.0
//
// The payload: the installer's files as a disk image that the firmware boots.
//
// It is a FAT32 image (made by mtools) of at least 504 MiB, attached read-only, so that there is no limit of 504 MiB and
// the guest cannot write into the host's folders, as with QEMU's own "fat:" disks.
#pragma once

#include "base/error.h"
#include "base/process.h"

// Makes the image IMAGE of everything in FOLDER, which has to hold an installer (EFI/BOOT/BOOTAA64.EFI).
bool payload_from_folder(const char *folder, const char *image, struct error *err);

// Makes the image IMAGE of the rehearsal guest. OPTIONS ("hang=eula") become its REHEARSE.CFG, a line each; see
// docs/rehearsal-guest.md.
bool payload_rehearsal(const struct arguments *options, const char *image, struct error *err);
