// SPDX-License-Identifier: Apache-2.0
//
// The patches that are known: those that the user gives, those that come with the program (firmware/patches), and those that
// a payload was made with, which it keeps as the files PATCH-1.YAML, PATCH-2.YAML ... of its root.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arguments.h"
#include "base/error.h"
#include "launcher/payload/patch.h"
#include "launcher/payload/payload-tree.h"

// Start from {0}; free with patch_list_free.
struct patch_list {
        struct patch **patches;
        size_t count;
};
#define AUTO_PATCH_LIST __attribute__((cleanup(patch_list_free)))
void patch_list_free(struct patch_list *list);

// Adds the patches that GIVEN (values of --patch; may be NULL) names: a file, if the value has a slash or ends in ".yaml" or
// ".yml", or else the name of one that comes with the program. Fails with ERROR_USAGE if one is not found or two have the
// same name, and with ERROR_DAMAGED if one is not a patch.
bool patch_list_add_given(struct patch_list *list, const struct arguments *given, struct error *err);

// Adds those that come with the program, by name, but for those that LIST has already. If the program has no folder of them,
// there are none.
bool patch_list_add_known(struct patch_list *list, struct error *err);

// Adds those that TREE keeps, but for those that LIST has already. A file of that name that is not a patch, or one of a newer
// version, becomes a sentence of WARNINGS (which may be NULL).
bool patch_list_add_kept(struct patch_list *list, struct payload_tree *tree, struct arguments *warnings,
                         struct error *err);

// Whether LIST has this patch, by its digest.
bool patch_list_has(const struct patch_list *list, const struct patch *patch);

// The name of the file of that NUMBER, from 1, in a payload; freed with free().
char *patch_list_kept_name(size_t number);
