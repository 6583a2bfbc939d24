// SPDX-License-Identifier: Apache-2.0
//
// Kickstart files for unattended installation of ESXi: reads what the launcher needs to know from one, and creates one
// for the target disk of a machine.
//
// The installer sees two disks: the payload and the target. `install --firstdisk=FILTER,...` uses the first disk that
// passes a filter and is large enough to install on (910 MiB or more). The payload, sized to its content, is smaller,
// so it is never used, even if both are on USB. A filter is `local`, `remote`, `usb`, `esx`, a model, a vendor or a
// driver; it is always given, because the default ones (local, then remote) may exclude USB disks. `--disk=NAME` would
// be a guess, because names (`mpx.vmhba32:C0:T0:L0`) depend on the order in which drivers find their devices. Source:
// VMware ESXi Installation and Setup, "Installation and Upgrade Script Commands".
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "launcher/payload/kickstart-options.h"

// The smallest disk that `install --firstdisk` takes: 1843200 sectors and 10 MiB, in bytes.
#define KICKSTART_LEAST_DISK (UINT64_C(910) << 20)

// Free with kickstart_free.
struct kickstart {
        char *disk; // of the install line, "--firstdisk=usb" or "--disk=NAME"; "" if it names none, NULL without one
        // What the installer refuses, ignores, or takes otherwise than it looks: "LINE: text", without any password.
        // What is missing has the line of the last command.
        struct arguments remarks;
};
void kickstart_free(struct kickstart *kickstart);
#define AUTO_KICKSTART __attribute__((cleanup(kickstart_free)))

// Reads TEXT as ESXi's installer does (kickstart-read.c). Fails with ERROR_DAMAGED if it is not text.
bool kickstart_read(struct bytes text, struct kickstart *kickstart, struct error *err);

// Adds to TEXT a kickstart that accepts the licence, sets root's password (as a hash), installs on the target disk,
// sets up network, name and licence by OPTIONS (NULL: DHCP), switches SSH on at the first boot, and reboots. DISK_TYPE is
// the target's bus, "usb" or "nvme"; NULL if it is not known. Fails with ERROR_USAGE if an option is invalid.
bool kickstart_make(const char *password, const char *disk_type, const struct kickstart_options *options,
                    struct text *text, struct error *err);

// The SHA-512 hash of PASSWORD by crypt(3), "$6$SALT$...", freed with free(). SALT is up to 16 of [A-Za-z0-9./]; NULL
// for a random one. NULL on failure: ERROR_ENVIRONMENT if this system's crypt(3) does not support it.
char *kickstart_hash(const char *password, const char *salt, struct error *err);
