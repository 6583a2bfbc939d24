// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars diff: the differences between two stores, first the boot chain in sentences.
#include "varstore/commands/commands.h"
#include "varstore/commands/difference.h"
#include "varstore/report.h"
#include "varstore/store-file.h"

struct values {
        bool json;
};

static const struct cli_option OPTIONS[] = {
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "one JSON object", NULL},
        {0},
};

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        AUTO_VARSTORE struct varstore *a = NULL;
        AUTO_VARSTORE struct varstore *b = NULL;
        AUTO_DIFFERENCES struct differences differences = {0};
        if (!store_load_sound(operands[0], &a, err) || !store_load_sound(operands[1], &b, err))
                return (int)err->code;
        differences_find(a, b, &differences);
        if (values->json) {
                json_t *json = json_pack("{s:o, s:o}", "a", report_text(operands[0]), "b", report_text(operands[1]));
                json_object_update_new(json, difference_json(&differences));
                cli_print_json(json);
        } else {
                difference_print(&differences);
        }
        return differences.count ? ERROR_NO : 0;
}

const struct cli_command cmd_diff = {
        .name = "diff",
        .operands = "A B",
        .summary = "Shows the differences between two stores: the boot chain in sentences, and every variable.",
        .details = "Only what the firmware sees is compared, not where it is stored. A line begins with `-` for a\n"
                   "variable that only A has, `+` for one that only B has, `~` for one that differs. Exit code 0 if\n"
                   "nothing differs, 1 if something does.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 2,
        .most = 2,
        .run = run,
};
