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

static bool print_changes(const struct edits *edits, const char *path, bool force, struct error *err)
{
        AUTO_VARSTORE struct varstore *before = NULL;
        AUTO_VARSTORE struct varstore *after = NULL;
        AUTO_DIFFERENCES struct differences differences = {0};
        if (!store_load_sound(path, &before, err) || !store_load_sound(path, &after, err))
                return false;
        if (!edits_apply(edits, after, force, err))
                return error_wrap(err, "%s", path);
        differences_find(before, after, &differences);
        difference_print(&differences);
        return true;
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        AUTO_EDITS struct edits edits = {0};
        if (!edits_parse(&values->edits, &edits, err))
                return (int)err->code;
        if (!edits.count)
                error_set(err, ERROR_USAGE, "no EDIT given; --help lists them");
        else if (values->dry_run)
                print_changes(&edits, operands[0], values->force, err);
        else
                edits_change_file(&edits, operands[0], values->force, err);
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
