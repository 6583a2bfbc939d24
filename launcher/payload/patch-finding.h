// SPDX-License-Identifier: Apache-2.0
//
// Which patches the modules of a payload carry.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "launcher/payload/patch-list.h"
#include "launcher/payload/payload-tree.h"

struct patch_finding {
        char *name, *title;
        char *sha256; // of the patch's file
        enum patch_status status;
        char *module; // "K.B00"
        enum patch_state state;
        char *reason;        // why it is neither applied nor can be; NULL if it is or can
        char *module_sha256; // of the module's file in the payload; NULL if it was not read
};

// Start from {0}; free with patch_findings_free.
struct patch_findings {
        struct patch_finding *findings;
        size_t count;
};
void patch_findings_free(struct patch_findings *findings);

// Adds what each patch of LIST is to TREE, whose BOOT.CFG names BUILD (NULL if it names none). A payload that is no
// installer carries none. Fails if TREE cannot be read.
bool patch_findings_read(struct payload_tree *tree, const char *build, const struct patch_list *list,
                         struct patch_findings *findings, struct error *err);

// A list of objects: name, title, status, sha256, module, state, reason, module_sha256; as docs/payload.md describes them.
// With ONLY_CARRIED those that are applied, wholly or half.
json_t *patch_findings_to_json(const struct patch_findings *findings, bool only_carried);
