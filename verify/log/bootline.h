// SPDX-License-Identifier: Apache-2.0
//
// The lines in which the firmware's boot manager reports what it boots.
//
// BdsDxe, the EDK2 driver that tries the entries of BootOrder, prints a line for every step; an entry that starts has
// two:
//
//         BdsDxe: loading Boot0004 "VMware ESXi" from HD(1,GPT,...)/\EFI\VMware\safeboot64.efi
//         BdsDxe: starting Boot0004 "VMware ESXi" from HD(1,GPT,...)/\EFI\VMware\safeboot64.efi
//         BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x0): Not Found
//
// The entry started last is running. A label is free text and may even contain `" from `, so the path is searched for
// from the end of the line.
//
// Source: EDK2 MdeModulePkg, Library/UefiBootManagerLib/BmBoot.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum boot_line_verb {
        BOOT_LINE_LOADING,  // the entry is being read
        BOOT_LINE_STARTING, // it was read and is started
        BOOT_LINE_FAILED,   // it could not be loaded or started, or returned with an error
};

struct boot_line {
        enum boot_line_verb verb;
        uint16_t number; // of Boot####
        char *label;     // in the quotes; NULL if missing
        char *path;      // the device path after "from"; NULL if missing
        char *status;    // why it failed ("Not Found"); NULL if missing
};
#define AUTO_BOOT_LINE __attribute__((cleanup(boot_line_free)))

// Finds such a line in TEXT, where other text may precede it. False, with an empty LINE, if TEXT has no such line. Free LINE
// with boot_line_free.
bool boot_line_parse(const char *text, struct boot_line *line);
void boot_line_free(struct boot_line *line);

const char *boot_line_verb_text(enum boot_line_verb verb); // "loading", "starting", "failed"
