// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars clone: a new store from a template, identical byte for byte unless edited in the same step.
#include "varstore/commands/commands.h"
#include "varstore/commands/edits.h"
#include "varstore/edit.h"
#include "varstore/store-file.h"

struct values {
        struct cli_ordered edits;
        bool compact, force;
};

static const struct cli_option OPTIONS[] = {
        EDIT_OPTIONS(offsetof(struct values, edits)),
        {"compact", NULL, CLI_FLAG, offsetof(struct values, compact), "drop deleted records", NULL},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force),
         "replace DST if it exists; change authenticated variables too", NULL},
        {0},
};

// Both options together allow dropping what cannot be read.
static bool load_source(const struct values *values, const char *path, struct varstore **store, struct error *err)
{
        AUTO_VARSTORE struct varstore *damaged = NULL;
        if (!values->compact || !values->force)
                return store_load_sound(path, store, err);
        if (!store_load(path, store, err))
                return false;
        if (varstore_verdict(*store) != VARSTORE_DAMAGED)
                return true;
        damaged = *store;
        return varstore_rescue(damaged, store, err) || error_wrap(err, "%s", path);
}

static bool load(const struct values *values, const char *path, struct varstore **store, struct error *err)
{
        if (load_source(values, path, store, err))
                return true;
        // It is readable, but damaged.
        if (*store)
                error_append(err, "; use --compact --force to make a sound store of what can be read");
        return false;
}

// A blank store has no records to drop.
static bool change(const struct values *values, const struct edits *edits, struct varstore *store, const char *source,
                   struct error *err)
{
        if (!edits_apply(edits, store, values->force, err))
                return error_wrap(err, "%s", source);
        return !values->compact || varstore_is_blank(store) || varstore_compact(store, err);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        const char *source = operands[0];
        const char *target = operands[1];
        AUTO_EDITS struct edits edits = {0};
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        AUTO_VARSTORE struct varstore *store = NULL;
        if (edits_parse(&values->edits, &edits, err) && store_may_write(source, target, values->force, err) &&
            load(values, source, &store, err) && store_claim_begin(target, &claim, err) &&
            change(values, &edits, store, source, err))
                varstore_save(store, target, STORE_FILE_MODE, err);
        return (int)err->code;
}

const struct cli_command cmd_clone = {
        .name = "clone",
        .operands = "SRC DST [EDIT...]",
        .summary = "Copies the store SRC to DST: checked, sparse and atomic.",
        .details = "The copy is read back and compared before it becomes DST; if anything fails, an old DST stays\n"
                   "unchanged. Without EDIT and --compact the copy is SRC byte for byte. SRC may be a qcow2 image,\n"
                   "DST is raw. With an EDIT a blank store is formatted first. --compact --force makes a sound DST\n"
                   "of what can be read of a damaged SRC.\n" EDIT_DETAILS,
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 2,
        .most = 2,
        .run = run,
};
