// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars check: whether a store is sound, and every problem with its offset.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"
#include "varstore/commands/commands.h"
#include "varstore/report.h"
#include "varstore/store-file.h"
#include "varstore/varstore.h"

struct values {
        bool json;
};

static const struct cli_option OPTIONS[] = {
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "one JSON object", NULL},
        {0},
};

// The result for one file.
struct finding {
        const char *path;
        struct varstore *store; // NULL if it cannot be read
        struct remarks boot_remarks;
        struct error error; // why it cannot be read, or what is wrong with the boot variables
};

static void finding_free(struct finding *finding)
{
        remarks_free(&finding->boot_remarks);
        varstore_free(&finding->store);
        error_clear(&finding->error);
}

static void examine(const char *path, struct finding *finding)
{
        *finding = (struct finding){.path = path};
        if (!store_load(path, &finding->store, &finding->error))
                return;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        bootchain_read(finding->store, &chain, &finding->error);
        bootchain_judge(finding->store, &chain, &finding->boot_remarks);
}

static const char *verdict_of(const struct finding *finding)
{
        if (!finding->store)
                return finding->error.code == ERROR_DAMAGED ? "unreadable" : "unexamined";
        if (finding->error.code)
                return "damaged";
        enum varstore_verdict verdict = varstore_verdict(finding->store);
        if (verdict == VARSTORE_SOUND && finding->boot_remarks.count)
                verdict = VARSTORE_REMARKS;
        return report_verdict(verdict);
}

static int code_of(const struct finding *finding)
{
        if (finding->error.code)
                return (int)finding->error.code;
        return varstore_verdict(finding->store) == VARSTORE_DAMAGED ? ERROR_DAMAGED : 0;
}

static void print_remarks(const char *path, const struct remarks *remarks)
{
        for (size_t i = 0; i < remarks->count; i++)
                printf("%s:0x%" PRIx64 ": %s: %s\n", path, remarks->items[i].offset,
                       remark_severity_text(remarks->items[i].severity), remarks->items[i].text);
}

static size_t count_live(const struct varstore *store)
{
        size_t count = 0;
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));)
                count++;
        return count;
}

static void print_finding(const struct finding *finding)
{
        static const struct {
                const char *verdict, *words;
        } words[] = {
                {"sound", "sound"},
                {"remarks", "sound, with remarks"},
                {"damaged", "damaged, but readable"},
        };
        AUTO_FREE char *path = text_printable(finding->path, strlen(finding->path), false);
        const char *verdict = verdict_of(finding);
        if (!finding->store) {
                AUTO_FREE char *message = text_printable(finding->error.message, strlen(finding->error.message), false);
                printf("%s: %s\n", verdict, message);
                return;
        }
        if (varstore_is_blank(finding->store)) {
                printf("%s: sound: blank; the firmware formats it when it first starts\n", path);
                return;
        }
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
                if (strcmp(words[i].verdict, verdict) == 0)
                        verdict = words[i].words;
        struct varstore_space space = varstore_space(finding->store);
        printf("%s: %s: %zu variables, %" PRIu64 " of %" PRIu64 " bytes used, %" PRIu64 " of them by deleted records\n",
               path, verdict, count_live(finding->store), space.used, space.capacity, space.dead);
        print_remarks(path, varstore_remarks(finding->store));
        print_remarks(path, &finding->boot_remarks);
        if (finding->error.code)
                printf("%s: %s\n", path, finding->error.message);
}

static json_t *finding_json(const struct finding *finding)
{
        const struct varstore *store = finding->store;
        json_t *json = json_pack("{s:o, s:s, s:o}", "file", report_text(finding->path), "verdict", verdict_of(finding),
                                 "error", report_text(finding->error.message));
        if (!store)
                return json;
        struct varstore_space space = varstore_space(store);
        json_t *remarks = report_remarks(varstore_remarks(store));
        json_t *boot_remarks = report_remarks(&finding->boot_remarks);
        json_array_extend(remarks, boot_remarks);
        json_decref(boot_remarks);
        json_t *details = json_pack("{s:b, s:I, s:{s:I, s:I, s:I, s:I}, s:o}",                                     //
                                    "blank", varstore_is_blank(store), "variables", (json_int_t)count_live(store), //
                                    "space", "capacity", (json_int_t)space.capacity, "used", (json_int_t)space.used,
                                    "dead", (json_int_t)space.dead, "left", (json_int_t)space.left, //
                                    "remarks", remarks);
        json_object_update_new(json, details);
        return json;
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)err;
        const struct values *values = parsed;
        json_t *files = json_array();
        int worst = 0;
        for (int i = 0; i < count; i++) {
                struct finding finding;
                examine(operands[i], &finding);
                worst = code_of(&finding) > worst ? code_of(&finding) : worst;
                if (values->json)
                        json_array_append_new(files, finding_json(&finding));
                else
                        print_finding(&finding);
                finding_free(&finding);
        }
        if (values->json)
                cli_print_json(json_pack("{s:O}", "files", files));
        json_decref(files);
        return worst;
}

const struct cli_command cmd_check = {
        .name = "check",
        .operands = "FILE...",
        .summary = "Checks whether a store is sound, and lists problems by offset.",
        .details = "A store is sound, sound with remarks, damaged but readable, or unreadable. Exit code 0 for the\n"
                   "first two (a blank store is sound), 3 for the others, 2 if a file is missing; of several files\n"
                   "the worst counts.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = -1,
        .run = run,
};
