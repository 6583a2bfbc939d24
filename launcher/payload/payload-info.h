// SPDX-License-Identifier: Apache-2.0
//
// What a payload is, and whether ESXi on Arm can be installed from it: a boot loader for aarch64, a BOOT.CFG that the
// loader reads, and every file that it names.
//
// The loader EFI/BOOT/BOOTAA64.EFI reads the BOOT.CFG beside it, or else the one in the root. An ISO may
// have both; both have to be sound.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arguments.h"
#include "base/error.h"
#include "base/process.h"
#include "launcher/payload/patch-finding.h"
#include "launcher/payload/payload-tree.h"

#define PAYLOAD_LOADER "EFI/BOOT/BOOTAA64.EFI"

// Where a BOOT.CFG may be, the one that the loader prefers first. FOLDER is what its relative names start from.
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
        char *loader;        // "aarch64", "x86-64", ...: what the loader is for
        uint64_t loader_size;
        char *title, *build, *kernel, *kernelopt;
        uint64_t module_count;
        struct arguments missing; // the kernel and modules that BOOT.CFG names and that are not there
        bool has_kickstart;
        char *kickstart;      // the value of ks=: "usb:/KS.CFG"
        char *kickstart_disk; // "--firstdisk=usb" or "--disk=NAME", "" where it names no disk; NULL if it is not known
        bool norts;           // no UEFI runtime services: the installer can write no boot entry
        struct patch_findings patches; // filled by payload_make and payload_inspect_patches alone
        bool installable;
        struct arguments reasons;  // why it is not installable, a sentence each
        struct arguments warnings; // what will be in the way all the same
};
void payload_info_free(struct payload_info *info);
#define AUTO_PAYLOAD_INFO __attribute__((cleanup(payload_info_free)))

// Fills INFO from TREE. A payload that is not installable is not a failure. Fails with ERROR_DAMAGED if a loader, a
// BOOT.CFG or a kickstart in it is damaged, or where it is an installer with files that no FAT volume can hold.
bool payload_info_read(struct payload_tree *tree, const char *path, struct payload_info *info, struct error *err);

// The same for what is at PATH: an ISO, a folder or an image.
bool payload_inspect(const char *path, struct payload_info *info, struct error *err);
