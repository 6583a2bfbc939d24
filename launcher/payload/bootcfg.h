// SPDX-License-Identifier: Apache-2.0
//
// BOOT.CFG, which tells the ESXi boot loader what to load: lines `key=value`, keys in any case, spaces around `=` and at
// both ends of no matter, `#` for comments, unknown keys passed over, the last of several lines with one key counting,
// an empty value the same as none. A list's items are separated by `---`; behind an item's file name stand its options.
// Source: VMware's esx-boot, bootlib/parse.c and mboot/config.c.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/process.h"

// What is read of it. Text is valid UTF-8; NULL if the key is absent or empty. Free with bootcfg_free.
struct bootcfg {
        char *title, *build, *prefix;
        char *kernel;             // never NULL once it was read
        char *kernelopt;          // the kernel's command line
        struct arguments modules; // file names, without their options, as they stand there
        bool norts;               // UEFI runtime services are off: the installer can write no boot entry
};
#define AUTO_BOOTCFG __attribute__((cleanup(bootcfg_free)))
void bootcfg_free(struct bootcfg *bootcfg);

// Reads TEXT. Fails with ERROR_DAMAGED, with the line in ERR, if the loader would refuse it (no kernel; an invalid
// number) or it is not text.
bool bootcfg_read(struct bytes text, struct bootcfg *bootcfg, struct error *err);

// The path from the volume's root, in upper case and without a leading slash, of the file that BOOTCFG calls NAME. A
// name with a leading slash is one from the root already; another is relative to the prefix, or without one to FOLDER
// ("" or "EFI/BOOT"), the folder of BOOT.CFG itself. Freed with free().
char *bootcfg_path(const struct bootcfg *bootcfg, const char *folder, const char *name);

// The value of KEY among the words `key=value` of a command line, the last one counting, keys in any case; "" for a
// word without `=`. NULL if COMMAND_LINE (which may be NULL) has no such word. Freed with free().
char *bootcfg_option(const char *command_line, const char *key);

// Adds TEXT to EDITED with OPTIONS in its kernelopt: an option whose key is there already takes that one's place, every
// other is appended. All other bytes stay as they are; a file without a kernelopt gets one as its last line.
void bootcfg_edit(struct bytes text, const struct arguments *options, struct buffer *edited);
