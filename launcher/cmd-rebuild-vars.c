// SPDX-License-Identifier: Apache-2.0
//
// esxiarm rebuild-vars: a vars file that boots a disk, made from the disk itself (verify/rebuild.h).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/firmware.h"
#include "launcher/commands.h"
#include "launcher/subject.h"
#include "varstore/report.h"
#include "varstore/store-file.h"
#include "verify/rebuild.h"

struct values {
        struct subject_request subject;
        const char *template, *label, *loader, *output, *timeout;
        bool force, json;
};

enum {
        BLANK_SIZE = 64 << 20, // a pflash bank of QEMU's virt
        MOST_SECONDS = 65535,
};

// The template of the firmware that the machine was installed with, where that is still there; freed with free().
static char *machine_template(const struct subject *subject)
{
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (!subject->is_machine || !subject->machine.identity.firmware.name ||
            !firmware_find(NULL, subject->machine.identity.firmware.name, false, &firmware, NULL))
                return NULL;
        return file_exists(firmware.vars_template_path) ? memory_text(firmware.vars_template_path) : NULL;
}

// What the new store is made of: the template that is named, else the machine's firmware's, else an empty one.
static bool open_template(const struct values *values, const struct subject *subject, struct varstore **store,
                          struct error *err)
{
        AUTO_FREE char *own = values->template ? NULL : machine_template(subject);
        const char *path = values->template ? values->template : own;
        return path ? store_load_sound(path, store, err) : varstore_new(BLANK_SIZE, store, err);
}

static bool parse_timeout(const char *text, int *timeout, struct error *err)
{
        uint64_t seconds;
        *timeout = -1;
        if (!text)
                return true;
        if (!text_parse_number(text, &seconds) || seconds > MOST_SECONDS)
                return error_set(err, ERROR_USAGE, "--timeout is a number of seconds, at most %d", MOST_SECONDS);
        *timeout = (int)seconds;
        return true;
}

static bool write_store(const struct values *values, const struct varstore *store, struct error *err)
{
        AUTO_CLAIM struct store_claim claim = {.descriptor = -1};
        return store_claim_begin(values->output, &claim, err) &&
               store_may_write(NULL, values->output, values->force, err) &&
               varstore_save(store, values->output, STORE_FILE_MODE, err);
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
        AUTO_DISK struct disk *disk = NULL;
        AUTO_REBUILD_TARGET struct rebuild_target target = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        int timeout;
        if (!values->output)
                error_set(err, ERROR_USAGE, "where is it to be written? -o FILE names it");
        // What is there already is refused before any work is done.
        if (err->code || !parse_timeout(values->timeout, &timeout, err) ||
            !store_may_write(NULL, values->output, values->force, err) ||
            !subject_open(&values->subject, count, operands, false, &subject, err) ||
            !disk_open(subject.disk_path, subject.disk_format, &disk, err) ||
            !rebuild_find(disk, values->label, values->loader, &target, err) ||
            !open_template(values, &subject, &store, err) || !rebuild_store(store, &target, timeout, err) ||
            !write_store(values, store, err))
                return (int)err->code;
        print_result(values, store);
        return 0;
}

static const struct cli_option options[] = {
        SUBJECT_DISK_OPTION(struct values, subject),
        {"output", "FILE", CLI_TEXT, offsetof(struct values, output), "the vars file to make", .short_name = 'o'},
        {"template", "FILE", CLI_TEXT, offsetof(struct values, template),
         "the store to start from (default: the machine's firmware's template, else an empty one)"},
        {"label", "TEXT", CLI_TEXT, offsetof(struct values, label), "of the boot entry (default VMware ESXi)"},
        {"loader", "PATH", CLI_TEXT, offsetof(struct values, loader),
         "the file to start, as \\EFI\\debian\\shimaa64.efi (default: what is found on the ESP)"},
        {"timeout", "SECONDS", CLI_TEXT, offsetof(struct values, timeout),
         "how long the firmware waits for a key (default: the template's)"},
        {"force", NULL, CLI_FLAG, offsetof(struct values, force), "replace FILE where it is there already"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_rebuild_vars = {
        .name = "rebuild-vars",
        .operands = "MACHINE",
        .summary = "makes a vars file that boots a disk, from the disk itself",
        .details =
                "The new store is the template with the entry Boot0004, active and first in BootOrder, for the boot\n"
                "loader on the disk's EFI system partition: \\EFI\\VMware\\safeboot64.efi, mboot64.efi, those of "
                "Debian,\n"
                "Ubuntu and Fedora, or \\EFI\\BOOT\\BOOTAA64.EFI. The disk is only read.\n\n"
                "Instead of MACHINE: --disk IMG.\n\n"
                "Exit codes: 0 made, 1 the disk holds nothing to boot, 2 an input is missing or FILE is there "
                "already,\n"
                "3 an input is damaged, 4 FILE cannot be written or a running QEMU has it.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
