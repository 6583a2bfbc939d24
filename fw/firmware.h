// SPDX-License-Identifier: Apache-2.0
//
// Firmware with provenance: an AAVMF_CODE / AAVMF_VARS pair with its origin and how that was verified.
//
// An installed firmware is a folder, ROOT/NAME/, where ROOT is ${XDG_CACHE_HOME:-~/.cache}/esxiarm/firmware by default
// and NAME is made of package and version ("qemu-efi-aarch64_2022.11-6+deb12u2"). It has AAVMF_CODE.fd, AAVMF_VARS.fd,
// if the package has them AAVMF_VARS.ms.fd and AAVMF_VARS.snakeoil.fd (all sparse: a few MiB of disk), and
// firmware.json (docs/firmware.md), with the digest of every file.
//
// Installing is atomic: the folder is built under another name and renamed when everything is checked and on disk. If
// two programs install into the same ROOT, the second waits for the first and uses its result.
//
// Every function that fills a struct firmware leaves it empty on failure; free it with firmware_free. ROOT NULL is
// always the default above.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIRMWARE_PACKAGE "qemu-efi-aarch64" // the package of Debian, Ubuntu and their relatives

// A file of an installed firmware.
struct firmware_file {
        char *name;         // "AAVMF_CODE.fd"
        char *sha256;       // lower-case hexadecimal
        uint64_t size;      // in bytes, holes included
        uint64_t allocated; // bytes used on disk
};

// One step of the proof of a .deb that came from an archive, in the order of trust.
struct firmware_link {
        char *kind;    // "InRelease", "index" or "deb"
        char *url;     // without user name and password
        char *sha256;  // lower-case hexadecimal
        uint64_t size; // in bytes
        char *proof;   // one sentence: how it was verified
};

// What a fetch had to do.
enum firmware_outcome {
        FIRMWARE_FOUND,    // nothing: it was installed
        FIRMWARE_FETCHED,  // it was not installed
        FIRMWARE_REPLACED, // the installed one was damaged, or from another .deb; REPLACED_BECAUSE has the reason
};

struct firmware {
        char *name;   // "qemu-efi-aarch64_2022.11-6+deb12u2"; "given by the user" for firmware_from_files
        char *folder; // where it is installed; NULL for firmware_from_files
        char *code_path, *vars_template_path;
        char *package, *version, *architecture; // NULL if not known
        char *catalog;                          // the catalog entry that it was fetched for; NULL if none
        char *source;                           // "archive", "apt", "url", "deb", "system" or "user"
        char *url;                              // of the .deb or the files; NULL if from a local file
        char *deb_sha256;                       // of the .deb; NULL without a .deb
        uint64_t deb_size;                      // in bytes; 0 without a .deb
        char *verified;                         // one sentence: "SHA-256 from apt's signed index"
        char *code_sha256, *vars_template_sha256;
        char *fetched_at; // "2026-05-04T09:07:12Z"; NULL for firmware_from_files
        struct firmware_file *files;
        size_t file_count;
        struct firmware_link *links; // of an archive's chain; empty for other sources
        size_t link_count;
        enum firmware_outcome outcome;
        char *replaced_because; // NULL unless FIRMWARE_REPLACED
};
#define AUTO_FIRMWARE __attribute__((cleanup(firmware_free)))
void firmware_free(struct firmware *firmware);

// The file NAME of FIRMWARE; NULL if not found.
const struct firmware_file *firmware_file_named(const struct firmware *firmware, const char *name);

// Adds a file to FIRMWARE.
void firmware_add_file(struct firmware *firmware, const char *name, uint64_t size, const char *sha256);

// Adds a copy of LINK to FIRMWARE's chain.
void firmware_add_link(struct firmware *firmware, const struct firmware_link *link);
void firmware_drop_links(struct firmware *firmware);
