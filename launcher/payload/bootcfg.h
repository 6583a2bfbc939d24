// SPDX-License-Identifier: Apache-2.0
//
// BOOT.CFG, which tells the ESXi boot loader what to load, read exactly as VMware's loader reads it:
//
// - A line ends at LF, its text at a NUL. Blanks are space, BS, tab, VT, FF, CR and 0xA0. They are dropped at both ends of
//   a line, and several in a row are one space. `#` at the start makes a comment; a later one belongs to the value.
// - The key is all that precedes the first `=`, in any case. It may be the beginning of a key: `kern=` is kernel=, and so is
//   `=` alone, since the first fitting key of the loader's table is taken. A blank before `=` belongs to the key, so
//   `kernel =` is unknown. Unknown keys and lines without `=` have no effect.
// - The last line of a key counts, also if its value is empty: the key is then not set.
// - A list's items are separated by `---`; behind an item's file name stand its options. A `---` that no item precedes
//   takes the character behind it along.
// - Of a file name blanks are dropped, `\` is `/`, and bytes are ISO 8859-1.
//
// Source: VMware's esx-boot, bootlib/parse.c, bootlib/string.c, libc/ctypes.c and mboot/config.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/process.h"

// What is read of it. Text is valid UTF-8; NULL if the key is not set. Free with bootcfg_free.
struct bootcfg {
        char *title, *build, *prefix;
        char *kernel;                         // never NULL once it was read
        char *kernelopt;                      // the kernel's command line
        struct arguments modules, acpitables; // file names, without their options, as they stand there
        bool norts;                           // UEFI runtime services are off: the installer can write no boot entry
        size_t prefix_line, kernel_line, modules_line, acpitables_line; // from 1; 0 if not set
        struct arguments warnings; // "line 3: ...": lines that do something other than their writer can have meant
};
#define AUTO_BOOTCFG __attribute__((cleanup(bootcfg_free)))
void bootcfg_free(struct bootcfg *bootcfg);

// Reads TEXT. Fails with ERROR_DAMAGED, with the line and its correction in ERR, if the loader ends without loading anything
// (an invalid number, skip=1, no kernel), or if what it does depends on what is in memory behind a list.
bool bootcfg_read(struct bytes text, struct bootcfg *bootcfg, struct error *err);

// The first warning about LINE; NULL if it has none.
const char *bootcfg_warning(const struct bootcfg *bootcfg, size_t line);

// The path from the volume's root, in upper case and without a leading slash, of the file that BOOTCFG calls NAME. A
// name with a leading slash is one from the root already; another is relative to the prefix, or without one to FOLDER
// ("" or "EFI/BOOT"), the folder of BOOT.CFG itself. An address (`http://...`) stays one. Freed with free().
char *bootcfg_path(const struct bootcfg *bootcfg, const char *folder, const char *name);

// Whether PATH, from bootcfg_path, is an address on a network. A loader that was started from a disk cannot read it.
bool bootcfg_is_address(const char *path);

// The value of KEY among the words `key=value` of a command line, the last one counting, keys in any case; "" for a
// word without `=`. NULL if COMMAND_LINE (which may be NULL) has no such word. Freed with free().
char *bootcfg_option(const char *command_line, const char *key);

// Adds TEXT to EDITED with OPTIONS in the kernelopt that the loader takes: an option whose key is there already takes that
// one's place, every other is appended. All other bytes stay as they are; a file without a kernelopt, or with one that the
// loader does not know (`kernelopt =`), gets one as its last line.
void bootcfg_edit(struct bytes text, const struct arguments *options, struct buffer *edited);
