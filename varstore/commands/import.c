// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars import: variables from JSON or from a folder like efivarfs into a store, all or none.
#include "base/file.h"
#include "varstore/commands/commands.h"
#include "varstore/commands/edits.h"
#include "varstore/interchange.h"

enum {
        JSON_LIMIT = 64 << 20 // bytes; the largest store takes a hundredth of it
};

struct values {
        const char *json_file, *efivarfs;
        bool force;
};

static const struct cli_option OPTIONS[] = {
        {"json-file", "IN", CLI_TEXT, offsetof(struct values, json_file),
         "read JSON written by virt-fw-vars or QEMU's uefi-vars", NULL},
        {"efivarfs", "DIR", CLI_TEXT, offsetof(struct values, efivarfs), "read a folder like /sys/firmware/efi/efivars",
         NULL},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "change authenticated variables too", NULL},
        {0},
};

static bool read_json_file(const char *path, struct edits *edits, size_t *volatile_count, struct error *err)
{
        AUTO_BUFFER struct buffer text = {0};
        if (!file_read(path, JSON_LIMIT, &text, err))
                return false;
        return interchange_read_json(buffer_view(&text), edits, volatile_count, err) || error_wrap(err, "%s", path);
}

static bool read_variables(const struct values *values, struct edits *edits, struct error *err)
{
        size_t volatile_count;
        if (!(values->efivarfs ? interchange_read_folder(values->efivarfs, edits, &volatile_count, err)
                               : read_json_file(values->json_file, edits, &volatile_count, err)))
                return false;
        if (volatile_count)
                cli_note("skipped %zu variable%s without the attribute NV, which do not belong in a store",
                         volatile_count, volatile_count == 1 ? "" : "s");
        return true;
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        AUTO_EDITS struct edits edits = {0};
        if (!values->json_file == !values->efivarfs)
                error_set(err, ERROR_USAGE, "give either --json-file or --efivarfs");
        else if (read_variables(values, &edits, err))
                edits_change_file(&edits, operands[0], values->force, err);
        return (int)err->code;
}

const struct cli_command cmd_import = {
        .name = "import",
        .operands = "FILE",
        .summary = "Sets variables in a store from JSON or from a folder like efivarfs, all or none.",
        .details = "Variables that are not in the input stay unchanged. A blank store is formatted first. Changing\n"
                   "authenticated variables (PK, KEK, db, dbx) needs --force.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
