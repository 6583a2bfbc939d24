// SPDX-License-Identifier: Apache-2.0
//
// What a payload is, and whether ESXi on Arm can be installed from it: it needs a boot loader for aarch64, a BOOT.CFG,
// and every file that BOOT.CFG names.
//
// The loader EFI/BOOT/BOOTAA64.EFI reads the BOOT.CFG beside it and no other (esx-boot, mboot/config.c). The one in the
// root is for loaders started from elsewhere and for the rehearsal guest. Both must be valid.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arguments.h"
#include "base/error.h"
#include "base/process.h"
#include "launcher/payload/patch-finding.h"
#include "launcher/payload/payload-tree.h"

#define PAYLOAD_LOADER "EFI/BOOT/BOOTAA64.EFI"

// Where a BOOT.CFG may be, the one that the loader reads first. Its relative names start from FOLDER.
struct payload_bootcfg_place {
        const char *name, *folder;
};
extern const struct payload_bootcfg_place payload_bootcfg_places[2];

enum {
        PAYLOAD_TEXT_LIMIT = 1 << 20, // bytes of a BOOT.CFG or a kickstart
};

// Free with payload_info_free. Text is NULL if none.
struct payload_info {
        enum payload_kind kind;
        uint64_t size;       // of all files together, in bytes; an image's own length
        uint64_t file_count; // 0 for an image
        char *loader;        // the loader's processor: "aarch64", "x86-64", ...
        uint64_t loader_size;
        char *title, *build, *kernel, *kernelopt;
        uint64_t module_count;
        struct arguments missing; // kernel, modules and ACPI tables that BOOT.CFG names but the payload does not have
        bool has_kickstart;
        bool lacks_kickstart;          // the file that ks= names is missing: one of the reasons
        char *kickstart;               // the value of ks=: "usb:/KS.CFG"
        char *kickstart_disk;          // "--firstdisk=usb" or "--disk=NAME", "" if it names no disk; NULL if not known
        bool norts;                    // no UEFI runtime services: the installer cannot write a boot entry
        struct patch_findings patches; // filled by payload_make and payload_inspect_patches only
        bool installable;
        struct arguments reasons;  // why it is not installable, a sentence each
        struct arguments warnings; // problems that do not prevent an installation
};
void payload_info_free(struct payload_info *info);
#define AUTO_PAYLOAD_INFO __attribute__((cleanup(payload_info_free)))

// Fills INFO from TREE. A payload that is not installable is not a failure. Fails with ERROR_DAMAGED if a loader, a
// BOOT.CFG or a kickstart in it is damaged, or if an installer has files that a FAT volume cannot hold.
bool payload_info_read(struct payload_tree *tree, const char *path, struct payload_info *info, struct error *err);

// The same for the ISO, folder or image at PATH.
bool payload_inspect(const char *path, struct payload_info *info, struct error *err);

// The same; warnings call the kickstart KICKSTART, the file that it was made from, unless that is NULL.
bool payload_inspect_as(const char *path, const char *kickstart, struct payload_info *info, struct error *err);
