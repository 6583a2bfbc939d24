// SPDX-License-Identifier: Apache-2.0
//
// Device paths: a UEFI location, from the root bridge to the file, as a chain of nodes.
//
// A node is u8 type, u8 subtype, u16 length (these four bytes included), then data that depends on the type. A node of
// type 0x7F ends the path (subtype 0xFF) or one of several instances in it (subtype 0x01). A boot entry for a disk has
// only the end of that chain, a partition and a file: `HD(1,GPT,0A48CC8F-...,0x40,0x32000)/\EFI\VMware\safeboot64.efi`;
// the firmware looks for that partition on every disk.
//
// The text is spelled exactly as EDK2 spells it, so that an entry can be compared with a `BdsDxe:` line of a log.
// Source: UEFI 2.10, chapter 10 (nodes in 10.3, their text in 10.6).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "varstore/guid.h"

// Types of nodes, and the subtypes and values used outside devpath-text.c.
enum {
        DEVPATH_HARDWARE = 0x01,
        DEVPATH_ACPI = 0x02,
        DEVPATH_MESSAGING = 0x03,
        DEVPATH_MEDIA = 0x04,
        DEVPATH_HARD_DRIVE = 0x01, // of DEVPATH_MEDIA
        DEVPATH_FILE = 0x04,
        DEVPATH_BIOS_BOOT = 0x05,
        DEVPATH_END = 0x7F,
        DEVPATH_END_INSTANCE = 0x01,
        DEVPATH_END_ENTIRE = 0xFF,
        DEVPATH_SIGNATURE_MBR = 1, // in a hard drive node
        DEVPATH_SIGNATURE_GUID = 2,
};

// One node, as a view into the path.
struct devpath_node {
        uint8_t type, subtype;
        struct bytes data; // after the four bytes of the header
        size_t offset;     // of the node in its path
};

// Reads the node at *OFFSET of PATH and moves *OFFSET past it. False at the end of the path: at its end node (*OFFSET
// moves past it), at the end of the bytes, or if a node's length is impossible.
bool devpath_next(struct bytes path, size_t *offset, struct devpath_node *node);

// Whether PATH is well-formed: nodes of possible lengths up to an end node. SIZE, unless NULL, is their size in bytes,
// end node included (up to the error if it is not well-formed).
bool devpath_valid(struct bytes path, size_t *size);

// The text of PATH; never NULL, freed with free(). An unknown node, or a known one too short for its fields, is written
// as the firmware does: `Msg(33,0102)` or `Path(type,subtype,hex)`. A path that is cut off ends in `/?`. File names and
// labels are unchanged: pass the text through text_printable before printing it.
char *devpath_text(struct bytes path);

// The partition in an HD() node.
struct devpath_partition {
        uint32_t number;      // 1 is the first; 0 means the whole disk
        uint64_t start, size; // in logical blocks of the disk
        struct guid guid;     // of the partition if GPT; else its first four bytes are the MBR's signature
        bool gpt;             // else MBR, or no signature
};

// The first HD() node in PATH. False if it has none.
bool devpath_partition(struct bytes path, struct devpath_partition *partition);

// The file in PATH, "\EFI\VMware\safeboot64.efi" (several file nodes are one path), freed with free(); NULL if none.
char *devpath_file(struct bytes path);

// Adds `HD(...)/FILE` and the end node to BUFFER. Slashes in FILE become backslashes. False, with nothing added, if
// FILE is not valid UTF-8 or too long for a node (32 Ki characters).
bool devpath_build(const struct devpath_partition *partition, const char *file, struct buffer *buffer);
