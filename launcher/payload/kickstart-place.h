// SPDX-License-Identifier: Apache-2.0
//
// Where the kernel option `ks=` says that the kickstart is. Source: VMware ESXi Installation and Setup, "Boot Options".
#pragma once

enum kickstart_place {
        KICKSTART_ON_PAYLOAD, // usb:/NAME, or `usb` alone for KS.CFG: on a USB disk, which the payload is
        KICKSTART_ON_DISC,    // cdrom:/NAME: on a CD, which the payload is not
        KICKSTART_ELSEWHERE,  // http:, nfs:, file: and the like
};

// The place that VALUE names, in any case. *NAME is the file there, without a leading slash; NULL elsewhere.
enum kickstart_place kickstart_place(const char *value, const char **name);
