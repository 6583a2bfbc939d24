// SPDX-License-Identifier: Apache-2.0
//
// What a payload is made from, and with which changes.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "launcher/payload/kickstart-options.h"

// Everything is borrowed.
struct payload_request {
        const char *source; // an ISO, a folder, or an image created earlier; NULL: the rehearsal guest
        const struct arguments *rehearsal_options; // lines of REHEARSE.CFG, only for the rehearsal guest; may be NULL
        // Options for the kernel; may be NULL. `allowLegacyCPU=true` is added unless they or BOOT.CFG have that key.
        const struct arguments *kernelopts;
        const struct arguments *replacements; // "NAME=FILE": FILE replaces NAME; may be NULL
        const struct arguments *patches;      // values of --patch (patch-list.h); may be NULL
        const char *kickstart;                // a file, "auto", or NULL; it becomes KS.CFG
        const char *password;                 // root's, for "auto"; the payload has only its hash
        const char *disk_type;                // for "auto": the target's bus, "usb" or "nvme"; NULL if not known
        const struct kickstart_options *kickstart_options; // for "auto"; may be NULL
        bool for_one_run; // the image is only for this run and need not survive a power failure
};
