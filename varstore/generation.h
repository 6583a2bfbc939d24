// SPDX-License-Identifier: Apache-2.0
//
// Generations of EDK2's firmware for QEMU's `virt` machine: the boot entries that each creates for its own programs at
// a start.
//
//      generation          menu                        setup                       shell
//      2022.11 to 2025.02  UiApp, 0x109                                            EFI Internal Shell, 0x001
//      2026.08             BootManagerMenuApp, 0x109   EFI Firmware Setup, 0x101   EFI Internal Shell, 0x101
//
// Menu and setup are created before the entries of devices, the shell after them. An application
// (LOAD_OPTION_CATEGORY_APP, 0x100) is started only if the user chooses it, so the shell starts automatically only in
// the older generation; builds with Secure Boot have no shell. If nothing in BootOrder can be started, both start the
// fallback file of the first disk that has one (PlatformRecovery0000), else they wait for a key and show the menu.
// Measured with Debian's packages of those versions; the path of a program is Fv(volume)/FvFile(program).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "varstore/bootchain.h"

// The volume of the programs, as the text of its device path.
#define GENERATION_VOLUME "Fv(64074AFE-340A-4BE6-94BA-91B5B4D0F71E)"

struct generation_entry {
        const char *label;   // NULL: the generation has no such entry
        const char *program; // GUID of the program's file
        uint32_t attributes; // LOAD_OPTION_...
};

struct generation {
        const char *name; // "2022.11 to 2025.02", the versions of EDK2
        struct generation_entry menu, setup, shell;
        // Whether an entry for setup or shell with other attributes is deleted and created again, whatever its label.
        // If not, it is kept, and a second one is created unless it is exactly as the firmware creates it.
        bool remakes;
        const char *lacks; // a program that only another generation has
        bool has_switches; // it obeys opt/org.tianocore/FirmwareSetupSupport and EFIShellSupport
};

// The generation of a firmware with these programs (GUIDs, upper case) that obeys these switches of QEMU's fw_cfg; NULL
// if it is not known.
const struct generation *generation_of_code(const char *const *programs, size_t program_count,
                                            const char *const *switches, size_t switch_count);

// The generation that wrote the menu's entry in CHAIN; NULL if CHAIN has no such entry.
const struct generation *generation_of_chain(const struct bootchain *chain);

// The path of ENTRY, "Fv(...)/FvFile(...)", freed with free().
char *generation_path(const struct generation_entry *entry);
