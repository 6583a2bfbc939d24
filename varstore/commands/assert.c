// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars assert: whether a store has a boot entry that matches every clause.
//
// The clauses are a table, checked in its order. If no entry matches them all, the entry that got furthest is taken as
// the intended one, and its first failing clause is reported with the value found instead.
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
        const char *entry, *label, *loader, *partition;
        bool active, first, json;
};

static const struct cli_option OPTIONS[] = {
        {"entry", "XXXX", CLI_TEXT, offsetof(struct values, entry), "its number is this (hexadecimal, as in Boot0004)",
         NULL},
        {"label", "TEXT", CLI_TEXT, offsetof(struct values, label), "its label is this", NULL},
        {"loader", "PATH", CLI_TEXT, offsetof(struct values, loader), "it starts this file", NULL},
        {"partition", "GUID", CLI_TEXT, offsetof(struct values, partition), "it is on the GPT partition with this GUID",
         NULL},
        {"active", NULL, CLI_FLAG, offsetof(struct values, active), "it is active", NULL},
        {"first", NULL, CLI_FLAG, offsetof(struct values, first), "it is what the firmware tries first", NULL},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "one JSON object", NULL},
        {0},
};

// The clauses given, parsed.
struct wish {
        const char *label, *loader;
        bool has_number, has_partition, active, ordered, first;
        uint16_t number;
        struct guid partition;
};

static bool parse_wish(const struct values *values, struct wish *wish, struct error *err)
{
        *wish = (struct wish){
                .label = values->label, .loader = values->loader, .active = values->active, .first = values->first};
        if (values->entry) {
                wish->has_number = boot_number_parse(values->entry, &wish->number);
                if (!wish->has_number)
                        return error_set(err, ERROR_USAGE,
                                         "--entry: invalid value '%s' (expected four hexadecimal digits)",
                                         values->entry);
        }
        if (values->partition) {
                wish->has_partition = guid_parse(values->partition, &wish->partition);
                if (!wish->has_partition)
                        return error_set(err, ERROR_USAGE, "--partition: invalid value '%s' (expected a GUID)",
                                         values->partition);
        }
        if (!values->entry && !values->label && !values->loader && !values->partition && !values->active &&
            !values->first) {
                wish->label = "VMware ESXi";
                wish->active = true;
                wish->ordered = true;
        }
        return true;
}

// ---- the clauses ----

static bool entry_holds(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        return !wish->has_number || entry->number == wish->number;
}

static bool label_holds(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        return !wish->label || strcmp(entry->label, wish->label) == 0;
}

static bool loader_holds(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        return !wish->loader || (entry->loader && boot_loader_equal(entry->loader, wish->loader));
}

static bool partition_holds(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        return !wish->has_partition ||
               (entry->has_partition && entry->partition.gpt && guid_equal(entry->partition.guid, wish->partition));
}

static bool active_holds(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        return !wish->active || entry->active;
}

static bool ordered_holds(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        return !wish->ordered || entry->ordered;
}

// BootNext is tried before BootOrder.
static const struct boot_entry *tried_first(const struct bootchain *chain)
{
        const struct boot_entry *next = chain->has_next ? bootchain_find_number(chain, chain->next) : NULL;
        return next ? next : bootchain_first(chain);
}

static bool first_holds(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        return !wish->first || tried_first(chain) == entry;
}

static char *entry_reason(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)entry;
        AUTO_FREE char *entries = bootchain_names(chain);
        return text_format("Boot%04X not found; the store has %s", wish->number, entries);
}

static char *label_reason(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        if (wish->has_number)
                return text_format("Boot%04X is labelled \"%s\", not \"%s\"", entry->number, entry->label, wish->label);
        AUTO_FREE char *entries = bootchain_names(chain);
        return text_format("no entry is labelled \"%s\"; the store has %s", wish->label, entries);
}

static char *loader_reason(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        return text_format("Boot%04X starts %s, not %s", entry->number, entry->loader ? entry->loader : entry->path,
                           wish->loader);
}

static char *partition_reason(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)chain;
        char wanted[37];
        char found[37];
        guid_text(wish->partition, wanted);
        guid_text(entry->partition.guid, found);
        if (!entry->has_partition || !entry->partition.gpt)
                return text_format("Boot%04X names no GPT partition, but %s", entry->number, entry->path);
        return text_format("Boot%04X is on partition %s, not %s", entry->number, found, wanted);
}

static char *active_reason(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)wish;
        (void)chain;
        return text_format("Boot%04X \"%s\" is not active", entry->number, entry->label);
}

static char *ordered_reason(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)wish;
        struct text text = {0};
        text_add_format(&text, "BootOrder does not name Boot%04X; it is ", entry->number);
        for (size_t i = 0; i < chain->order_count; i++)
                text_add_format(&text, "%s%04X", i ? "," : "", chain->order[i]);
        if (!chain->order_count)
                text_add(&text, "empty");
        return text_take(&text);
}

static char *first_reason(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        (void)wish;
        const struct boot_entry *first = tried_first(chain);
        if (!first)
                return text_format("BootOrder names no active entry, so Boot%04X is not tried automatically",
                                   entry->number);
        return text_format("%s Boot%04X \"%s\" is tried before Boot%04X",
                           chain->has_next && first->number == chain->next ? "BootNext is set:" : "in BootOrder",
                           first->number, first->label, entry->number);
}

static const struct clause {
        const char *name;
        bool (*holds)(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry);
        char *(*reason)(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry);
} CLAUSES[] = {
        {"entry", entry_holds, entry_reason},    {"label", label_holds, label_reason},
        {"loader", loader_holds, loader_reason}, {"partition", partition_holds, partition_reason},
        {"active", active_holds, active_reason}, {"order", ordered_holds, ordered_reason},
        {"first", first_holds, first_reason},
};
enum {
        CLAUSE_COUNT = sizeof CLAUSES / sizeof CLAUSES[0]
};

struct answer {
        const struct boot_entry
                *entry; // the matching one, or the one that got furthest; NULL if the store has no entry
        size_t held;    // clauses that match, before the first that does not
};

static size_t count_held(const struct wish *wish, const struct bootchain *chain, const struct boot_entry *entry)
{
        size_t held = 0;
        while (held < CLAUSE_COUNT && CLAUSES[held].holds(wish, chain, entry))
                held++;
        return held;
}

static struct answer ask(const struct wish *wish, const struct bootchain *chain)
{
        struct answer answer = {0};
        for (size_t i = 0; i < chain->entry_count; i++) {
                const struct boot_entry *entry = &chain->entries[i];
                size_t held = count_held(wish, chain, entry);
                if (!answer.entry || held > answer.held)
                        answer = (struct answer){entry, held};
        }
        return answer;
}

// The failing clause and its reason; NULL if all match.
static char *reason_of(const struct wish *wish, const struct bootchain *chain, const struct answer *answer)
{
        if (!answer->entry)
                return memory_text("the store has no boot entries");
        if (answer->held == CLAUSE_COUNT)
                return NULL;
        return CLAUSES[answer->held].reason(wish, chain, answer->entry);
}

static void print_answer(const char *path, const struct answer *answer, const char *reason)
{
        const struct boot_entry *entry = answer->entry;
        AUTO_FREE char *line =
                reason || !entry
                        ? text_format("%s: no (%s): %s", path, CLAUSES[answer->held].name, reason)
                        : text_format("%s: yes: Boot%04X \"%s\" %s", path, entry->number, entry->label, entry->path);
        AUTO_FREE char *printable = text_printable(line, strlen(line), false);
        puts(printable);
}

static json_t *answer_json(const char *path, const struct answer *answer, const char *reason)
{
        return json_pack("{s:o, s:b, s:o, s:o, s:o}", "file", report_text(path), "holds", !reason, "clause",
                         report_text(reason ? CLAUSES[answer->held].name : NULL), "reason", report_text(reason),
                         "entry", answer->entry ? report_entry(answer->entry) : json_null());
}

// The exit code for one file: 0 or ERROR_NO, or ERR's code if it cannot be checked.
static int assert_file(const struct wish *wish, const char *path, json_t *files, struct error *err)
{
        AUTO_VARSTORE struct varstore *store = NULL;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        if (!store_load_sound(path, &store, err))
                return (int)err->code;
        if (!bootchain_read(store, &chain, err)) {
                error_wrap(err, "%s", path);
                return (int)err->code;
        }
        struct answer answer = ask(wish, &chain);
        AUTO_FREE char *reason = reason_of(wish, &chain, &answer);
        if (files)
                json_array_append_new(files, answer_json(path, &answer, reason));
        else
                print_answer(path, &answer, reason);
        return reason ? ERROR_NO : 0;
}

static void report_failure(const char *path, const struct error *failure, json_t *files)
{
        if (files)
                json_array_append_new(files, json_pack("{s:o, s:b, s:o}", "file", report_text(path), "holds", 0,
                                                       "error", report_text(failure->message)));
        else
                cli_warn("%s", failure->message);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        const struct values *values = parsed;
        struct wish wish;
        if (!parse_wish(values, &wish, err))
                return (int)err->code;
        json_t *files = values->json ? json_array() : NULL;
        int worst = 0;
        for (int i = 0; i < count; i++) {
                AUTO_ERROR struct error failure = {0};
                int code = assert_file(&wish, operands[i], files, &failure);
                if (failure.code)
                        report_failure(operands[i], &failure, files);
                worst = code > worst ? code : worst;
        }
        if (files)
                cli_print_json(json_pack("{s:b, s:o}", "holds", worst == 0, "files", files));
        return worst;
}

const struct cli_command cmd_assert = {
        .name = "assert",
        .operands = "FILE...",
        .summary = "Checks that a store has a boot entry that matches every given clause.",
        .details = "Default: an active entry labelled `VMware ESXi` that BootOrder names. Exit code 0 if every file\n"
                   "has such an entry, 1 if one does not (the failing clause and the value found are printed), 2 if\n"
                   "a file is missing, 3 if one is damaged.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = -1,
        .run = run,
};
