// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars list: the boot chain the way `efibootmgr -v` shows it, and with --all every other variable.
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"
#include "varstore/commands/certificates.h"
#include "varstore/commands/commands.h"
#include "varstore/report.h"
#include "varstore/store-file.h"
#include "varstore/value.h"
#include "varstore/varstore.h"

struct values {
        bool all, json;
};

static const struct cli_option OPTIONS[] = {
        {"all", NULL, CLI_FLAG, offsetof(struct values, all), "every other variable too, with its decoded value", NULL},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "one JSON object", NULL},
        {0},
};

static void print_text(const char *before, const char *text, const char *after)
{
        AUTO_FREE char *printable = text_printable(text, strlen(text), false);
        printf("%s%s%s", before, printable, after);
}

static void print_order(const struct bootchain *chain)
{
        if (!chain->order_count)
                return;
        for (size_t i = 0; i < chain->order_count; i++)
                printf("%s%04X", i ? "," : "BootOrder: ", chain->order[i]);
        putchar('\n');
}

static void print_bootchain(const struct bootchain *chain)
{
        if (chain->has_next)
                printf("BootNext: %04X\n", chain->next);
        if (chain->has_timeout)
                printf("Timeout: %u seconds\n", chain->timeout);
        print_order(chain);
        for (size_t i = 0; i < chain->entry_count; i++) {
                const struct boot_entry *entry = &chain->entries[i];
                printf("Boot%04X%c", entry->number, entry->active ? '*' : ' ');
                print_text(" ", entry->label, "\t");
                print_text("", entry->path, "\n");
        }
}

// Whether it was shown with the boot chain.
static bool is_shown(const struct variable *variable)
{
        static const char *const names[] = {"BootNext", "Timeout", "BootOrder"};
        if (!guid_equal(variable->vendor, GUID_EFI_GLOBAL_VARIABLE))
                return false;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
                if (strcmp(variable->name, names[i]) == 0)
                        return true;
        return boot_entry_name(variable->name, NULL);
}

static void print_variable(const struct variable *variable)
{
        char spelled[37];
        guid_text(variable->vendor, spelled);
        const char *vendor = guid_name(variable->vendor);
        AUTO_FREE char *name = text_printable(variable->name, strlen(variable->name), false);
        AUTO_FREE char *attributes = variable_attributes_text(variable->attributes);
        AUTO_FREE char *data = value_summary(variable);
        printf("%s\t%s\t%s\t%zu byte%s\t%s\n", name, vendor ? vendor : spelled, attributes, variable->data.size,
               variable->data.size == 1 ? "" : "s", data);
        certificates_print(variable);
}

static void print_others(const struct varstore *store)
{
        bool first = true;
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));) {
                if (is_shown(variable))
                        continue;
                if (first)
                        putchar('\n');
                first = false;
                print_variable(variable);
        }
}

static json_t *list_json(const char *path, const struct varstore *store, const struct bootchain *chain, bool all)
{
        struct varstore_space space = varstore_space(store);
        bool plain = varstore_volume(store)->format == VARIABLE_PLAIN;
        json_t *json = json_pack("{s:o, s:b, s:s, s:s, s:I, s:{s:I, s:I, s:I, s:I}}",          //
                                 "file", report_text(path), "blank", varstore_is_blank(store), //
                                 "verdict", report_verdict(varstore_verdict(store)),           //
                                 "format", plain ? "plain" : "authenticated",                  //
                                 "size", (json_int_t)varstore_image_size(store), "space",      //
                                 "capacity", (json_int_t)space.capacity, "used", (json_int_t)space.used, "dead",
                                 (json_int_t)space.dead, "left", (json_int_t)space.left);
        json_object_update_new(json, report_bootchain(chain));
        if (!all)
                return json;
        json_t *variables = json_array();
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));)
                json_array_append_new(variables, report_variable(variable));
        json_object_set_new(json, "variables", variables);
        return json;
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        const char *path = operands[0];
        AUTO_VARSTORE struct varstore *store = NULL;
        if (!store_load(path, &store, err))
                return err->code;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        bool whole = bootchain_read(store, &chain, err);
        if (values->json) {
                cli_print_json(list_json(path, store, &chain, values->all));
        } else if (varstore_is_blank(store)) {
                print_text("", path, ": blank; the firmware formats it when it first starts\n");
        } else {
                print_bootchain(&chain);
                if (values->all)
                        print_others(store);
        }
        if (!whole)
                error_wrap(err, "%s", path);
        else if (varstore_verdict(store) == VARSTORE_DAMAGED)
                error_set(err, ERROR_DAMAGED,
                          "%s: damaged; showing what can be read; `aavmf-vars check` lists the damage", path);
        return err->code;
}

const struct cli_command cmd_list = {
        .name = "list",
        .operands = "FILE",
        .summary = "Shows what the firmware will boot, in the format of efibootmgr and the firmware's own log.",
        .details = "BootNext, Timeout and BootOrder if they are set, then a line for each entry: `*` if active, the\n"
                   "label, and the device path as in the firmware's `BdsDxe:` lines. Exit code 3 if FILE is damaged.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 1,
        .run = run,
};
