// SPDX-License-Identifier: Apache-2.0
//
// The payload: the installer's files as a disk image that the firmware boots, with the user's changes.
//
// It is a FAT32 image that QEMU attaches read-only, so that there is no limit of 504 MiB and the guest cannot write into
// the host's folders, as with QEMU's own "fat:" disks. docs/payload.md tells the whole story.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/error.h"
#include "base/process.h"
#include "launcher/payload/payload-info.h"

// What goes into a payload. Everything is borrowed.
struct payload_request {
        const char *source; // an ISO, a folder, or an image that was made before; NULL: the rehearsal guest
        const struct arguments *rehearsal_options; // lines of REHEARSE.CFG, for the rehearsal guest alone; may be NULL
        // Options for the kernel. `allowLegacyCPU=true` is always added, unless they or BOOT.CFG name that key. NULL: none.
        const struct arguments *kernelopts;
        const struct arguments *replacements; // "NAME=FILE": FILE takes the place of NAME; may be NULL
        const struct arguments *patches;      // values of --patch (patch-list.h); may be NULL
        const char *kickstart;                // a file, "auto", or NULL; it becomes KS.CFG
        const char *password;                 // root's, for "auto"; it is in the payload as a hash only
        const char *disk_type;                // for "auto": the target's bus, "usb" or "nvme"; NULL if not known
        bool for_one_run; // the image goes with the machine's run, and need not outlive a power failure
};

// Makes the image IMAGE and says in INFO (free with payload_info_free) what it is; INFO may be NULL. IMAGE appears whole
// or not at all; a file of that name is replaced. With a kickstart in it only its owner may read it. An image as source,
// with nothing to be changed, is copied as it is.
//
// Fails with ERROR_USAGE if something that the request names is not there, ERROR_DAMAGED if the source is damaged
// or no ESXi for Arm can be installed from it, and ERROR_ENVIRONMENT.
bool payload_make(const struct payload_request *request, const char *image, struct payload_info *info,
                  struct error *err);

// The same as a folder, which must not exist or be empty. An image cannot be the source.
bool payload_make_folder(const struct payload_request *request, const char *folder, struct payload_info *info,
                         struct error *err);

// payload_inspect, and which patches it carries: of those that come with the program, those that it was made with, and the
// GIVEN ones (values of --patch; may be NULL).
bool payload_inspect_patches(const char *path, const struct arguments *given, struct payload_info *info,
                             struct error *err);
