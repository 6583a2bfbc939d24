// SPDX-License-Identifier: Apache-2.0
//
// A payload in the making, and the user's changes of the installer's files, which are collected here. payload.c makes an
// image or a folder of the result.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arguments.h"
#include "base/bytes.h"
#include "base/error.h"
#include "launcher/payload/payload-request.h"
#include "launcher/payload/payload-tree.h"

#define MAKING_KICKSTART "KS.CFG"
#define MAKING_PATCHED   "patched" // a folder

// The work folder: locked, and beside the output, so that the last step is a rename.
struct work {
        char *target; // the output, absolute
        char *folder; // .NAME.stage beside it
        int lock;     // of the folder
};

// Files that replace others of the payload or are added to it.
struct overlay {
        struct arguments names; // in the payload
        struct arguments paths; // of the files, absolute
};

// A payload in the making.
struct making {
        const struct payload_request *request;
        struct work work;
        char *source; // the request's, or the rehearsal guest's files
        struct payload_tree *tree;
        struct overlay overlay;
        struct arguments remarks; // on what was done; they become warnings
        bool moves_kickstart;     // from a CD
};

// Writes a file in the work folder. It is not synced.
bool making_write(const char *path, mode_t mode, struct bytes bytes, struct error *err);
bool making_write_text(const char *folder, const char *name, mode_t mode, const char *content, struct error *err);

// The path of the file that replaces or adds NAME; NULL if NAME is not changed.
const char *overlay_find(const struct overlay *overlay, const char *name);
void overlay_free(struct overlay *overlay);

// Whether one of OPTIONS is KEY or begins with "KEY=".
bool making_names_key(const struct arguments *options, const char *key);

// The kickstart file that the user gave; NULL if none was given.
const char *making_users_kickstart(const struct payload_request *request);

// Collect the requested changes in the overlay, in this order.
bool making_add_replacements(struct making *making, struct error *err);
bool making_add_kickstart(struct making *making, struct error *err);
bool making_edit_bootcfgs(struct making *making, struct error *err);
bool making_add_patches(struct making *making, struct error *err);
