// SPDX-License-Identifier: Apache-2.0
//
// A module patch: which bytes of which module of an installer become which others, and why, as a YAML file.
// docs/payload.md describes the format.
//
// A patch names the build or the SHA-256 that it is for, and the bytes that have to be there. It is applied whole or not at
// all: if anything is not as it expects, the module stays as it is.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/yaml-file.h"
#include "launcher/payload/patch-module.h"

// Whether it is known to work.
enum patch_status {
        PATCH_TRIED,    // its author ran the patched module
        PATCH_REPORTED, // others report that it works
};

// "tried", "reported".
const char *patch_status_name(enum patch_status status);

struct patch_piece {
        const char *address, *offset, *expected, *mask, *bytes, *why; // as in the file; NULL if absent
        unsigned line;
        uint64_t at;       // offset in the unpacked module
        size_t size;       // of each of the following
        uint8_t *old;      // the bytes that have to be there, as far as
        uint8_t *compared; // these bits are set
        uint8_t *new;      // the bytes that take their place
};

// Texts belong to FILE; NULL if absent.
struct patch {
        const char *name, *title;
        enum patch_status status;
        const char *module;        // as in the file
        char *module_name;         // the same as it is called in a payload: "K.B00"
        const char *const *builds; // for which `build=` of BOOT.CFG; with `*` at its end, the beginning of one
        size_t build_count;
        struct {
                const char *packed, *unpacked; // of the module as it lies in the payload, and of its content
        } sha256;
        struct {
                const char *address, *offset; // the address that the byte at this offset of the unpacked module has
        } base;
        struct patch_piece *pieces;
        size_t piece_count;
        struct digest digest;   // of its file
        struct yaml_file *file; // with its text (yaml_file_text)
};
#define AUTO_PATCH __attribute__((cleanup(patch_free)))

// Reads the file at PATH. NULL, with "PATH:LINE: where: what" in ERR, if it is not a patch (ERROR_DAMAGED) or cannot be
// read.
struct patch *patch_read(const char *path, struct error *err);

// The same for TEXT; PATH is what messages call it.
struct patch *patch_parse(const char *path, struct bytes text, struct error *err);
void patch_free(struct patch **patch);

// What a patch is to a module.
enum patch_state {
        PATCH_APPLIED,     // all its bytes are there
        PATCH_NOT_APPLIED, // it can be applied
        PATCH_HALF_APPLIED,
        PATCH_NOT_FOR_THIS, // another build, another module, or bytes that it does not expect
};

// "applied", "not applied", "half applied", "not for this module".
const char *patch_state_name(enum patch_state state);

// Whether PATCH is for BUILD, the value of `build=` in BOOT.CFG (NULL if absent). If not, *REASON is a text that says why,
// freed with free().
bool patch_is_for_build(const struct patch *patch, const char *build, char **reason);

// What PATCH is to MODULE, which is of a right build. *REASON is NULL if it is applied or can be, and else a text that says
// why not, freed with free().
enum patch_state patch_examine(const struct patch *patch, const struct patch_module *module, char **reason);

// Writes its bytes into MODULE, where patch_examine has found that it can be applied.
void patch_apply(const struct patch *patch, struct patch_module *module);
