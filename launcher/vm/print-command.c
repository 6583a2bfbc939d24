// SPDX-License-Identifier: Apache-2.0
#include "launcher/vm/print-command.h"

#include <stdio.h>
#include <string.h>

#include "base/arguments.h"
#include "base/cli.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "launcher/vm/qemu.h"

// Which of the machine's files are missing.
static void find_missing(const struct qemu_machine *machine, struct arguments *missing)
{
        const char *const paths[] = {machine->code_path, machine->vars_path, machine->disk_path, machine->payload_path};
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
                if (paths[i] && !file_exists(paths[i]))
                        arguments_add(missing, paths[i]);
        }
}

static void print_notes(const struct qemu_machine *machine, const struct arguments *missing)
{
        for (size_t i = 0; i < missing->count; i++) {
                AUTO_FREE char *shown = text_printable(missing->values[i], strlen(missing->values[i]), false);
                bool fetched = strcmp(missing->values[i], machine->code_path) == 0;
                printf("# missing, esxiarm install %s it: %s\n", fetched ? "fetches" : "makes", shown);
        }
        // docs/decisions.md has the reason.
        if (machine->payload_path)
                puts("# QEMU exits when the guest resets: then start the installed disk without the payload");
}

bool print_command(const struct print_command *print, struct error *err)
{
        AUTO_FREE char *program = process_find(print->settings->qemu, err);
        if (!program)
                return false;
        struct settings settings = *print->settings;
        settings.qemu = program;
        const struct machine *of = print->machine;
        const char *name = strrchr(of->folder, '/') + 1;
        const struct qemu_machine machine = {
                .name = *name ? name : "esxiarm",
                .settings = &settings,
                .code_path = print->code_path,
                .vars_path = of->vars_path,
                .disk_path = of->disk_path,
                .disk_format = print->machine->disk_format,
                .payload_path = print->payload_path,
                .on_terminal = true,
        };
        AUTO_ARGUMENTS struct arguments arguments = {0};
        AUTO_ARGUMENTS struct arguments missing = {0};
        qemu_arguments(&machine, &arguments);
        find_missing(&machine, &missing);
        AUTO_FREE char *line = arguments_quoted(&arguments);
        if (print->json) {
                cli_print_json(json_pack("{s:s, s:s, s:o, s:o}", "command", line, "accel", settings.accel, "arguments",
                                         json_texts(&arguments), "missing", json_texts(&missing)));
                return true;
        }
        print_notes(&machine, &missing);
        puts(line);
        return true;
}
