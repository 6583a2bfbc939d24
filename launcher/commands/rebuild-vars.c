// SPDX-License-Identifier: Apache-2.0
//
// esxiarm rebuild-vars: a vars file that boots a disk, made from the disk itself (launcher/diagnosis/rebuild.h).
#include <stdio.h>

#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/diagnosis/rebuild.h"
#include "launcher/diagnosis/target.h"
#include "varstore/report.h"
#include "verify/rebuild.h"

struct values {
        struct subject_request subject;
        const char *template, *label, *loader, *output, *timeout;
        bool force, json;
};

enum {
        MOST_SECONDS = 65535
};

static bool parse_timeout(const char *text, int *timeout, struct error *err)
{
        uint64_t seconds;
        *timeout = -1;
        if (!text)
                return true;
        if (!text_parse_number(text, &seconds) || seconds > MOST_SECONDS)
                return error_set(err, ERROR_USAGE, "--timeout: invalid value '%s' (expected 0 to %d seconds)", text,
                                 MOST_SECONDS);
        *timeout = (int)seconds;
        return true;
}

static void print_result(const struct values *values, const struct varstore *store)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        bootchain_read(store, &chain, NULL);
        const struct boot_entry *entry = bootchain_find_number(&chain, REBUILD_NUMBER);
        if (values->json) {
                json_t *json =
                        json_pack("{s:o, s:o}", "file", report_text(values->output), "entry", report_entry(entry));
                cli_print_json(json);
                return;
        }
        printf("%s: Boot%04X \"%s\" %s\n", values->output, entry->number, entry->label, entry->path);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        const struct values *values = parsed;
        AUTO_SUBJECT struct subject subject = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        struct rebuild_input input = {
                .subject = &subject,
                .template = values->template,
                .loader = values->loader,
                .output = values->output,
                .force = values->force,
        };
        if (!values->output)
                error_set(err, ERROR_USAGE, "no output given: use -o FILE");
        if (err->code || !parse_timeout(values->timeout, &input.timeout, err) ||
            !subject_open(&values->subject, count, operands, false, &subject, err))
                return (int)err->code;
        input.label = values->label ? values->label : subject.machine.identity.entry.label;
        if (!rebuild_vars(&input, &store, err))
                return (int)err->code;
        print_result(values, store);
        return 0;
}

static const struct cli_option options[] = {
        SUBJECT_DISK_OPTION,
        {"o", "FILE", CLI_TEXT, offsetof(struct values, output), "the vars file to create"},
        {"template", "FILE", CLI_TEXT, offsetof(struct values, template),
         "the store to start from (default: the machine's firmware's template, else an empty one)"},
        {"label", "TEXT", CLI_TEXT, offsetof(struct values, label),
         "of the boot entry (default: the machine's, else VMware ESXi)"},
        {"loader", "PATH", CLI_TEXT, offsetof(struct values, loader),
         "the file to start, such as \\EFI\\debian\\shimaa64.efi (default: the one found on the ESP)"},
        {"timeout", "SECONDS", CLI_TEXT, offsetof(struct values, timeout),
         "how long the firmware waits for a key (default: the template's)"},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "replace FILE if it exists"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_rebuild_vars = {
        .name = "rebuild-vars",
        .operands = "MACHINE",
        .summary = "creates a vars file that boots a disk, from the disk itself",
        .details = "The new store is the template with the entry Boot0004, active and first in BootOrder, for the\n"
                   "boot loader on the disk's EFI system partition: \\EFI\\VMware\\safeboot64.efi, mboot64.efi, those\n"
                   "of Debian, Ubuntu and Fedora, or \\EFI\\BOOT\\BOOTAA64.EFI. The disk is only read.\n\n"
                   "Instead of MACHINE: --disk IMG.\n\n"
                   "Exit codes: 0 created, 1 the disk has nothing to boot, 2 an input is missing or FILE exists,\n"
                   "3 an input is damaged, 4 FILE cannot be written or a running QEMU has it open.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
