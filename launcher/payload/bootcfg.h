// SPDX-License-Identifier: Apache-2.0
//
// BOOT.CFG lists what the ESXi boot loader loads, in lines `key=value`. Keys are case-insensitive, spaces around key
// and value are ignored, `#` begins a comment. Unknown keys and empty values are ignored; the last line with a key
// counts. Items of a list are separated by `---`; an item is a file name and its options. Source: VMware's esx-boot,
// bootlib/parse.c and mboot/config.c.
#pragma once

#include <stdbool.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/process.h"

// Text is valid UTF-8; NULL if the key is absent or empty. Free with bootcfg_free.
struct bootcfg {
        char *title, *build, *prefix;
        char *kernel;             // never NULL after bootcfg_read
        char *kernelopt;          // the kernel's command line
        struct arguments modules; // file names as written, without their options
        bool norts;               // UEFI runtime services are off: the installer cannot write a boot entry
};
#define AUTO_BOOTCFG __attribute__((cleanup(bootcfg_free)))
void bootcfg_free(struct bootcfg *bootcfg);

// Reads TEXT. Fails with ERROR_DAMAGED, with the line in ERR, if the loader would refuse it (no kernel; an invalid
// number) or it is not text.
bool bootcfg_read(struct bytes text, struct bootcfg *bootcfg, struct error *err);

// The path of the file that BOOTCFG calls NAME, from the volume's root, in upper case, without a leading slash; freed
// with free(). A NAME without a leading slash is relative to the prefix, or if there is no prefix, to FOLDER ("" or
// "EFI/BOOT"), the folder of BOOT.CFG.
char *bootcfg_path(const struct bootcfg *bootcfg, const char *folder, const char *name);

// The value of the last word `KEY=value` (in any case) of COMMAND_LINE, which may be NULL; "" for a word without `=`.
// NULL if there is no such word. Freed with free().
char *bootcfg_option(const char *command_line, const char *key);

// Adds TEXT to EDITED with OPTIONS in its kernelopt: an option replaces the one with the same key, or else is appended.
// All other bytes stay the same; if there is no kernelopt, it becomes the last line.
void bootcfg_edit(struct bytes text, const struct arguments *options, struct buffer *edited);
