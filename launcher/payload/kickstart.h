// SPDX-License-Identifier: Apache-2.0
//
// A kickstart file: an ESXi installation without a key pressed. Reads what the launcher needs to know about a
// kickstart, and creates one for the target disk of a machine.
//
// Which disk? The installer sees two: the payload and the target. `install --firstdisk=FILTER,...` takes the first disk
// that a filter passes, of those that are large enough to install on (910 MiB and more; the payload, sized to its
// content, is smaller, so it is never taken, even where both are on USB). A filter is `local`, `remote`, `usb`, `esx`, a
// model, a vendor or a driver. Names (`mpx.vmhba32:C0:T0:L0`) depend on the order in which drivers find their devices,
// so `--disk=NAME` would be a guess. The filters are named one by one because the default ones (local, then remote) may
// leave USB disks out.
// Source: VMware ESXi Installation and Setup, "Installation and Upgrade Script Commands".
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

// The smallest disk that `install --firstdisk` takes: 1843200 sectors and 10 MiB, in bytes.
#define KICKSTART_LEAST_DISK (UINT64_C(910) << 20)

// What it does.
struct kickstart {
        bool accepts_eula;
        bool includes; // %include: the rest is not known
        char *disk; // "--firstdisk=usb" or "--disk=NAME" of the install line, "" where it names none; NULL without one
};
void kickstart_free(struct kickstart *kickstart);
#define AUTO_KICKSTART __attribute__((cleanup(kickstart_free)))

// Reads TEXT. Fails with ERROR_DAMAGED if it is not text.
bool kickstart_read(struct bytes text, struct kickstart *kickstart, struct error *err);

// Adds to TEXT a kickstart that accepts the licence, sets root's password (as a hash), installs on the target disk,
// gets an address by DHCP, switches SSH on at the first boot, and reboots. DISK_TYPE is the target's bus, "usb" or
// "nvme"; NULL if it is not known.
bool kickstart_make(const char *password, const char *disk_type, struct text *text, struct error *err);

// The hash of PASSWORD as crypt(3) makes it with SHA-512: "$6$SALT$...", freed with free(). SALT is of [A-Za-z0-9./],
// up to 16 of them; NULL for a random one. NULL on failure; ERROR_ENVIRONMENT if this system's crypt(3) cannot do it.
char *kickstart_hash(const char *password, const char *salt, struct error *err);
