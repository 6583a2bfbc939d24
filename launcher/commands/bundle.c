// SPDX-License-Identifier: Apache-2.0
//
// esxiarm bundle: what a bug report needs of a run, in one file without secrets.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/commands/standing.h"
#include "launcher/evidence/bundle.h"
#include "launcher/evidence/redact.h"

struct values {
        const char *output, *folder;
        bool force, json;
};

enum {
        WORDS = 2,
        SHORTEST_PASSWORD = 4, // a shorter one would match everywhere
};

// Secrets from the environment.
static size_t gather_words(struct redact_word words[WORDS])
{
        size_t count = 0;
        const char *password = getenv("ROOT_PASSWORD");
        const char *home = getenv("HOME");
        if (password && strlen(password) >= SHORTEST_PASSWORD)
                words[count++] = (struct redact_word){password, "<password>", false};
        if (home && home[0] == '/' && home[1])
                words[count++] = (struct redact_word){home, "~", true};
        return count;
}

static bool find_run(const struct machine *machine, const struct values *values, const char *tag, struct run *run,
                     struct error *err)
{
        const char *folder = values->folder ? values->folder : machine->runs_folder;
        if (tag)
                return runs_find(folder, tag, run, err);
        runs_newest(folder, false, run);
        return run->folder || error_set(err, ERROR_USAGE, "%s has no run to pack", machine->folder);
}

static void print_report(const json_t *report)
{
        const json_t *packed = json_object_get(report, "packed");
        for (size_t i = 0; i < json_array_size(packed); i++) {
                const json_t *row = json_array_get(packed, i);
                const char *name = json_string_value(json_object_get(row, "name"));
                AUTO_FREE char *size = text_size((uint64_t)json_integer_value(json_object_get(row, "size")));
                AUTO_FREE char *shown = text_printable(name, strlen(name), false);
                json_int_t hidden = json_integer_value(json_object_get(row, "hidden"));
                printf("  %12s  %s%s", size, shown,
                       json_is_true(json_object_get(row, "cut")) ? ", without its middle" : "");
                if (hidden)
                        printf(", %" JSON_INTEGER_FORMAT " %s hidden", hidden, hidden == 1 ? "place" : "places");
                putchar('\n');
        }
        AUTO_FREE char *size = text_size((uint64_t)json_integer_value(json_object_get(report, "size")));
        printf("%s: %s\n", json_string_value(json_object_get(report, "file")), size);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        const struct values *values = parsed;
        AUTO_MACHINE struct machine machine = {.lock = -1};
        AUTO_RUN struct run run = {0};
        struct redact_word words[WORDS];
        if (!values->output) {
                error_set(err, ERROR_USAGE, "no output given: use -o FILE");
                return ERROR_USAGE;
        }
        if (!machine_open(operands[0], false, &machine, err) ||
            !find_run(&machine, values, count > 1 ? operands[1] : NULL, &run, err))
                return (int)err->code;
        interrupt_catch();
        const struct bundle_input input = {
                .machine = &machine,
                .run = &run,
                .output = values->output,
                .force = values->force,
                .words = words,
                .word_count = gather_words(words),
        };
        json_t *report;
        if (!bundle_make(&input, &report, err))
                return (int)err->code;
        if (values->json) {
                cli_print_json(report);
        } else {
                print_report(report);
                json_decref(report);
        }
        return 0;
}

static const struct cli_option options[] = {
        {"o", "FILE", CLI_TEXT, offsetof(struct values, output), "the bundle, FILE.tar.zst"},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "overwrite FILE if it exists"},
        LOG_DIR_OPTION(struct values, folder),
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print what was packed as JSON"},
        {0},
};

const struct cli_command cmd_bundle = {
        .name = "bundle",
        .operands = "MACHINE [RUN]",
        .summary = "packs what a bug report needs of a run, without secrets, into one file",
        .details = "RUN is one of those that esxiarm runs lists (default: the newest). The bundle has its folder,\n"
                   "machine.json, the variable stores, the boot chain and the partition table as text, and versions;\n"
                   "nothing of the disk's content. Hashes of passwords, a kickstart's rootpw, licence keys, the\n"
                   "value of ROOT_PASSWORD if it is set, and your home folder are hidden in every text. Check the\n"
                   "bundle before you send it: tar --zstd -xf FILE.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 1,
        .most = 2,
        .run = run,
};
