// SPDX-License-Identifier: Apache-2.0
//
// esxiarm list: the machines in a folder.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arguments.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/print.h"
#include "launcher/commands/standing.h"

struct values {
        bool json;
};

static bool is_machine(const char *folder)
{
        AUTO_FREE char *json = file_path(folder, "machine.json");
        return file_exists(json);
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

// FOLDER if it is a machine itself, else the machines in it, sorted.
static bool find_machines(const char *folder, struct arguments *found, struct error *err)
{
        if (is_machine(folder)) {
                arguments_add(found, folder);
                return true;
        }
        DIR *stream = opendir(folder);
        if (!stream)
                return error_system(err, "%s: cannot open", folder);
        for (const struct dirent *entry; (entry = readdir(stream));) {
                AUTO_FREE char *path =
                        strcmp(folder, ".") == 0 ? memory_text(entry->d_name) : file_path(folder, entry->d_name);
                if (entry->d_name[0] != '.' && is_machine(path))
                        arguments_add(found, path);
        }
        closedir(stream);
        if (found->count)
                qsort(found->values, found->count, sizeof *found->values, compare_paths);
        return true;
}

static void print_machine(const char *path, const json_t *usage, const struct error *damage)
{
        const char *entry = json_string_value(json_object_get(usage, "boot_entry"));
        json_int_t size = json_integer_value(json_object_get(usage, "disk_size"));
        AUTO_FREE char *disk = size ? text_size((uint64_t)size) : memory_text("");
        AUTO_FREE char *shown = text_printable(path, strlen(path), false);
        printf("%-24s  %-10s  %-10s  ", shown, usage ? json_string_value(json_object_get(usage, "state")) : "damaged",
               disk);
        print_safely(usage ? (entry ? entry : "") : damage->message);
        putchar('\n');
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        const struct values *values = given;
        AUTO_ARGUMENTS struct arguments found = {0};
        if (!find_machines(count ? operands[0] : ".", &found, err))
                return (int)err->code;
        json_t *all = json_array();
        for (size_t i = 0; i < found.count; i++) {
                AUTO_ERROR struct error damage = {0};
                json_t *usage = usage_of(found.values[i], &damage);
                if (!values->json)
                        print_machine(found.values[i], usage, &damage);
                json_array_append_new(all, usage ? usage
                                                 : json_pack("{s:s, s:s, s:s}", "machine", found.values[i], "state",
                                                             "damaged", "message", damage.message));
        }
        if (values->json)
                cli_print_json(json_pack("{s:O}", "machines", all));
        else if (!found.count)
                cli_note("no machine found");
        json_decref(all);
        return 0;
}

static const struct cli_option options[] = {
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print them as JSON"},
        {0},
};

const struct cli_command cmd_list = {
        .name = "list",
        .operands = "[DIR]",
        .summary = "lists the machines in a folder, by default the current one",
        .details = "One line per machine: its folder, its state (up, starting, installed, unfinished, damaged), the\n"
                   "size of its disk, its boot entry.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
