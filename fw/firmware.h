// SPDX-License-Identifier: Apache-2.0
//
// Firmware with a provenance: an AAVMF_CODE / AAVMF_VARS pair of which is known where it came from and how that was
// verified.
//
// An installed firmware is a folder, ROOT/NAME/, where ROOT is ${XDG_CACHE_HOME:-~/.cache}/esxiarm/firmware unless the
// caller says otherwise and NAME is made of package and version ("qemu-efi-aarch64_2022.11-6+deb12u2"). In it lie
// AAVMF_CODE.fd, AAVMF_VARS.fd, where the package has them AAVMF_VARS.ms.fd and AAVMF_VARS.snakeoil.fd (all sparse: a
// few MiB of disk), and firmware.json (docs/firmware.md), which holds the digest of every file.
//
// Installing is atomic: the folder is put together under another name and renamed when all of it is checked and on
// disk. Of two programs that install into the same ROOT the second waits for the first, and finds its work done.
//
// Every function that fills a struct firmware leaves it empty on failure; free it with firmware_free. ROOT may be NULL
// everywhere, for the folder above.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fw/catalog.h"

#define FIRMWARE_PACKAGE "qemu-efi-aarch64" // the package of Debian, Ubuntu and their relatives

// A file of an installed firmware.
struct firmware_file {
        char *name;         // "AAVMF_CODE.fd"
        char *sha256;       // lower-case hexadecimal
        uint64_t size;      // in bytes, holes included
        uint64_t allocated; // the bytes of disk that it takes
};

// One step of the proof of a .deb that came from an archive, in the order of trust.
struct firmware_link {
        char *kind;    // "InRelease", "index" or "deb"
        char *url;     // without user name and password
        char *sha256;  // lower-case hexadecimal
        uint64_t size; // in bytes
        char *proof;   // one sentence: what vouches for it
};

// What a fetch had to do.
enum firmware_outcome {
        FIRMWARE_FOUND,    // nothing: it was there already
        FIRMWARE_FETCHED,  // it was not there
        FIRMWARE_REPLACED, // what was there was damaged, or of another .deb; REPLACED_BECAUSE says why
};

struct firmware {
        char *name;   // "qemu-efi-aarch64_2022.11-6+deb12u2"; "given by the user" for firmware_from_files
        char *folder; // where it is installed; NULL for firmware_from_files
        char *code_path, *vars_template_path;
        char *package, *version, *architecture; // NULL where not known
        char *catalog;                          // the entry of the catalog that asked for it; NULL where none did
        char *source;                           // "archive", "apt", "url", "deb", "system" or "user"
        char *url;                              // where the .deb or the files came from; NULL where it was a file
        char *deb_sha256;                       // of the .deb; NULL where there was none
        uint64_t deb_size;                      // in bytes; 0 where there was none
        char *verified;                         // one sentence: "SHA-256 from apt's signed index"
        char *code_sha256, *vars_template_sha256;
        char *fetched_at; // "2026-05-04T09:07:12Z"; NULL for firmware_from_files
        struct firmware_file *files;
        size_t file_count;
        struct firmware_link *links; // of an archive's chain; none for other sources
        size_t link_count;
        enum firmware_outcome outcome;
        char *replaced_because; // NULL unless FIRMWARE_REPLACED
};
#define AUTO_FIRMWARE __attribute__((cleanup(firmware_free)))
void firmware_free(struct firmware *firmware);

// The package that apt would install, by apt; PACKAGE NULL is FIRMWARE_PACKAGE. Size and SHA-256 are those of apt's
// index. Where that very .deb is installed already and its files are as they were, nothing is downloaded.
bool firmware_fetch_apt(const char *package, const char *root, struct firmware *firmware, struct error *err);

// How the network is used. All zero is the default.
struct firmware_network {
        const char *mirror;  // another archive than the catalog's, with the same proof; NULL for the catalog's
        const char *keyring; // a file with the archive's key, beside the system's keyrings; NULL for none
        unsigned attempts;   // at a download (fw/download.h); 0 for the default
};

// An entry of the catalog: through its archive (or the mirror), with the whole chain of proof from the pinned key to the
// .deb, or where it has no archive through apt. A version that the archive has dropped comes from its snapshots. One that is
// pinned and installed is found without the network. NETWORK may be NULL.
bool firmware_fetch_catalog(const struct catalog_entry *entry, const struct firmware_network *network, const char *root,
                            struct firmware *firmware, struct error *err);

// A .deb from URL, which has to have this SHA256 (64 hexadecimal digits) and, unless it is 0, SIZE in bytes. NETWORK may be
// NULL.
bool firmware_fetch_url(const char *url, const char *sha256, uint64_t size, const struct firmware_network *network,
                        const char *root, struct firmware *firmware, struct error *err);

// A .deb that the user has. Nothing vouches for it but the user; its digest is kept.
bool firmware_fetch_deb(const char *path, const char *root, struct firmware *firmware, struct error *err);

// The firmware that the system has for QEMU (fw/descriptors.h), copied, so that an update of the system does not change
// the firmware under an installed machine.
bool firmware_from_system(const char *root, struct firmware *firmware, struct error *err);

// An installed one: the one called NAME, or else fetched last for the catalog's entry NAME; where NAME is NULL the one
// fetched last. CHECK holds CODE and the template
// against firmware.json, and hashes them where they changed since they were hashed last; without it nothing but firmware.json is read. ERROR_USAGE where it is not
// installed, ERROR_DAMAGED where it is and is not as it was.
bool firmware_find(const char *root, const char *name, bool check, struct firmware *firmware, struct error *err);

// Every folder in ROOT that looks like a firmware, by name.
struct firmware_list {
        struct firmware_entry {
                char *name;
                char *damage; // NULL where firmware.json could be read; FIRMWARE is empty otherwise
                struct firmware firmware;
        } * entries;
        size_t count;
};
#define AUTO_FIRMWARE_LIST __attribute__((cleanup(firmware_list_free)))
bool firmware_list(const char *root, struct firmware_list *list, struct error *err);
void firmware_list_free(struct firmware_list *list);

// Hashes every file of the installed firmware NAME (as firmware_find takes it) and compares it with firmware.json.
// ERROR_DAMAGED, with the file, where one is not as it was.
bool firmware_verify(const char *root, const char *name, struct firmware *firmware, struct error *err);

// Two files that the user names (AAVMF_CODE and AAVMF_VARS_TEMPLATE). They are hashed and used where they lie; one that is
// smaller than a flash bank is used in a copy that fills it, kept in the cache.
bool firmware_from_files(const char *code_path, const char *vars_template_path, struct firmware *firmware,
                         struct error *err);

// The firmware in FOLDER: an installed one, by its firmware.json, or files that are called as QEMU, EDK2 and distributions
// call them (AAVMF_CODE.fd and AAVMF_VARS.fd, QEMU_EFI.fd and QEMU_VARS.fd, ...). Without a template of variables, blank
// ones are used, which the firmware formats.
bool firmware_from_folder(const char *folder, struct firmware *firmware, struct error *err);

// What to use when the user names none: an installed one that is as it was, else the first of apt and system that works.
// Where none does, ERR tells the reasons of all.
bool firmware_default(struct firmware *firmware, struct error *err);

// The same for a real ESXi: the catalog's default; where the network fails, firmware_default, and a notice says that it is
// another one.
bool firmware_for_esxi(const struct firmware_network *network, const char *root, struct firmware *firmware,
                       struct error *err);

// Where the code of that firmware is, or will be once it is fetched: nothing is fetched, and no file is looked into but
// firmware.json. Freed with free().
char *firmware_code_for_esxi(const char *root, struct error *err);

// What the user calls NAME: a folder where it has a slash or is one, an installed firmware, or an entry of the catalog,
// which is fetched (with MAY_FETCH; without it ERROR_USAGE).
bool firmware_named(const char *name, bool may_fetch, struct firmware *firmware, struct error *err);
