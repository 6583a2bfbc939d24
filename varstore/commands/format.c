// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars format: an empty store, as the firmware formats it when it first starts.
#include <string.h>

#include "base/file.h"
#include "varstore/commands/commands.h"
#include "varstore/commands/edits.h"
#include "varstore/edit.h"
#include "varstore/store-file.h"

enum {
        USUAL_SIZE = 64 << 20 // of a pflash bank of QEMU's virt machine, in bytes
};

struct values {
        struct cli_ordered edits;
        const char *like;
        bool force;
};

static const struct cli_option OPTIONS[] = {
        EDIT_OPTIONS(offsetof(struct values, edits)),
        {"like", "FILE", CLI_TEXT, offsetof(struct values, like),
         "size and layout of this store (default: those of FILE if it exists, else AAVMF, 64 MiB)", NULL},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "replace an existing file that is not blank", NULL},
        {0},
};

// Formatting loses a store's variables; a blank store has none.
static bool may_format(const char *path, const struct varstore *there, bool force, struct error *err)
{
        if (force || varstore_is_blank(there))
                return true;
        return error_set(err, ERROR_USAGE,
                         "%s: is already formatted and would lose its variables; use --force to format it anyway",
                         path);
}

// The existing store; NULL if the file does not exist, or is not a store and may be replaced.
static bool load_existing(const char *path, bool force, struct varstore **store, struct error *err)
{
        AUTO_ERROR struct error failure = {0};
        *store = NULL;
        if (!file_exists(path))
                return true;
        if (store_load(path, store, &failure))
                return may_format(path, *store, force, err);
        if (failure.code == ERROR_DAMAGED && force)
                return true;
        error_set(err, failure.code, "%s", failure.message);
        return failure.code != ERROR_DAMAGED ? false : error_append(err, "; use --force to replace it");
}

static bool make(const char *like, const struct varstore *there, struct varstore **store, struct error *err)
{
        AUTO_VARSTORE struct varstore *model = NULL;
        if (like && !store_load(like, &model, err))
                return false;
        if (model || there)
                return varstore_new_like(model ? model : there, store, err);
        return varstore_new(USUAL_SIZE, store, err);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        const char *path = operands[0];
        AUTO_EDITS struct edits edits = {0};
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        AUTO_VARSTORE struct varstore *there = NULL;
        AUTO_VARSTORE struct varstore *store = NULL;
        if (edits_parse(&values->edits, &edits, err) && store_claim_begin(path, &claim, err) &&
            load_existing(path, values->force, &there, err) && make(values->like, there, &store, err) &&
            edits_apply(&edits, store, values->force, err))
                varstore_save(store, path, STORE_FILE_MODE, err);
        return (int)err->code;
}

const struct cli_command cmd_format = {
        .name = "format",
        .operands = "FILE [EDIT...]",
        .summary = "Makes FILE an empty store, as the firmware formats it when it first starts.",
        .details = "An existing blank FILE keeps its size; a new one has AAVMF's.\n" EDIT_DETAILS,
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
