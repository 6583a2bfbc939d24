// SPDX-License-Identifier: Apache-2.0
//
// The payload (docs/payload.md): a disk image that the firmware boots, with the installer's files and the user's
// changes.
//
// It is a FAT32 image that QEMU attaches read-only. Unlike QEMU's own "fat:" disks, it has no limit of 504 MiB, and the
// guest cannot write into the host's folders.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"
#include "base/process.h"
#include "launcher/payload/kickstart-options.h"
#include "launcher/payload/payload-info.h"
#include "launcher/payload/payload-request.h"

// Creates IMAGE atomically, replacing an existing file, and describes it in INFO (free with payload_info_free; may be
// NULL). With a kickstart, only its owner may read it. An image is copied unchanged if there is nothing to change.
//
// Fails with ERROR_USAGE if something in the request does not exist, ERROR_DAMAGED if the source is damaged or not an
// installer of ESXi for Arm, and ERROR_ENVIRONMENT.
bool payload_make(const struct payload_request *request, const char *image, struct payload_info *info,
                  struct error *err);

// The same as a folder, which must be missing or empty. The source cannot be an image.
bool payload_make_folder(const struct payload_request *request, const char *folder, struct payload_info *info,
                         struct error *err);

// Makes IMAGE from SOURCE without looking at what it is: a file (an ISO, a disk image) unchanged, as a link, or the files
// of a folder. Of INFO only the kind and the size are known. ERROR_USAGE if SOURCE does not exist.
bool payload_make_unchanged(const char *source, const char *image, struct payload_info *info, struct error *err);

// payload_inspect, and which patches it carries: of those that come with the program, those that it was made with, and the
// GIVEN ones (values of --patch; may be NULL).
bool payload_inspect_patches(const char *path, const struct arguments *given, struct payload_info *info,
                             struct error *err);
