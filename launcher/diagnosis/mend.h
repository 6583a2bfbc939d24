// SPDX-License-Identifier: Apache-2.0
//
// Fixes: the command that fixes a cause found by diagnose, and functions that apply it directly if nothing is lost.
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "launcher/diagnosis/target.h"
#include "launcher/evidence/runs.h"
#include "varstore/edit.h"
#include "verify/causes.h"
#include "verify/diagnose.h"

enum mend_kind {
        MEND_BY_HAND,     // mend_run cannot do it
        MEND_COPY_SEALED, // vars.fd becomes what the installation left
        MEND_REBUILD,     // vars.fd is made from the disk
        MEND_EDIT,        // the entry is changed in vars.fd
};

struct mend {
        enum mend_kind kind;
        char *command; // as a shell reads it; NULL if none
        struct edits edits;
        bool keeps_vars; // a rebuilt store starts from the existing one
};
#define AUTO_MEND __attribute__((cleanup(mend_free)))

// The fix for FINDING. Free MEND with mend_free.
void mend_plan(const struct subject *subject, const struct run *run, const struct diagnosis *diagnosis,
               const struct finding *finding, struct mend *mend);
void mend_free(struct mend *mend);

// Applies it, for a kind other than MEND_BY_HAND. The machine must be locked by this program.
bool mend_run(const struct subject *subject, const struct mend *mend, struct error *err);
