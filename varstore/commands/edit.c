// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars edit: changes a store, all edits or none; the file is replaced atomically.
#include "varstore/edit.h"
#include "varstore/commands/commands.h"
#include "varstore/commands/difference.h"
#include "varstore/commands/edits.h"
#include "varstore/store-file.h"

struct values {
        struct cli_ordered edits;
        bool dry_run, force;
};

static const struct cli_option OPTIONS[] = {
        EDIT_OPTIONS(offsetof(struct values, edits)),
        {"dry-run", NULL, CLI_FLAG, offsetof(struct values, dry_run), "print what would change without writing", NULL},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "change authenticated variables too", NULL},
        {0},
};

static bool print_change(const char *path, const struct varstore *after, struct error *err)
{
        AUTO_VARSTORE struct varstore *before = NULL;
        AUTO_DIFFERENCES struct differences differences = {0};
        if (!store_load(path, &before, err))
                return false;
        differences_find(before, after, &differences);
        difference_print(&differences);
        return true;
}

// An unchanged file is not written.
static bool finish(const struct values *values, const char *path, const struct varstore *store, struct error *err)
{
        if (values->dry_run)
                return print_change(path, store, err);
        return !varstore_is_changed(store) || varstore_save(store, path, STORE_FILE_MODE, err);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        const char *path = operands[0];
        AUTO_EDITS struct edits edits = {0};
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        AUTO_VARSTORE struct varstore *store = NULL;
        if (!edits_parse(&values->edits, &edits, err))
                return (int)err->code;
        if (!edits.count) {
                error_set(err, ERROR_USAGE, "no EDIT given; --help lists them");
                return (int)err->code;
        }
        if ((!values->dry_run && !store_claim_begin(path, &claim, err)) || !store_load_sound(path, &store, err))
                return (int)err->code;
        if (!edits_apply(&edits, store, values->force, err))
                error_wrap(err, "%s", path);
        else
                finish(values, path, store, err);
        return (int)err->code;
}

const struct cli_command cmd_edit = {
        .name = "edit",
        .operands = "FILE EDIT...",
        .summary = "Changes boot entries and variables in a store, all or none.",
        .details = EDIT_DETAILS
        "\nFILE is replaced atomically; it is refused while a running QEMU has it open for writing. A\n"
        "blank store is formatted first. Exit code 1 if an edit names an entry or variable that does not\n"
        "exist; then nothing is written.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
