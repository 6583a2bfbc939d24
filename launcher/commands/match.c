// SPDX-License-Identifier: Apache-2.0
//
// esxiarm match: does this vars file belong to this disk, and the firmware to both?
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/options.h"
#include "launcher/commands/print.h"
#include "launcher/diagnosis/target.h"
#include "launcher/evidence/result.h"
#include "verify/disk/disk.h"
#include "verify/facts.h"

struct values {
        struct subject_request subject;
        bool json;
};

// The parts of the comparison, in order, a line each. A part fails for the reasons FROM to TO of struct match; parts
// after a failure were not compared.
static const struct {
        const char *name;
        enum match_reason from, to;
} parts[] = {
        {"disk", MATCH_DISK_BLANK, MATCH_DISK_WITHOUT_ESP},
        {"vars", MATCH_VARS_BLANK, MATCH_VARS_BLANK},
        {"entry", MATCH_ENTRY_MISSING, MATCH_ENTRY_WITHOUT_PARTITION},
        {"partition", MATCH_OTHER_DISK, MATCH_PARTITION_MOVED},
        {"loader", MATCH_ESP_DAMAGED, MATCH_LOADER_MISSING},
        {"order", MATCH_ENTRY_INACTIVE, MATCH_ENTRY_NOT_ORDERED},
};
static const size_t part_count = sizeof parts / sizeof parts[0];

struct comparison {
        char *code_sha256;
        struct facts facts;
        bool firmware_differs;
};

static void comparison_free(struct comparison *comparison)
{
        free(comparison->code_sha256);
        facts_free(&comparison->facts);
}
#define AUTO_COMPARISON __attribute__((cleanup(comparison_free)))

// The firmware is compared separately, so that one difference does not hide the other.
static bool compare(const struct subject *subject, struct comparison *comparison, struct error *err)
{
        comparison->code_sha256 = subject_code_sha256(subject, err);
        if (!comparison->code_sha256 && subject->files.code_path)
                return false;
        comparison->firmware_differs = comparison->code_sha256 && subject->files.expected_code &&
                                       !text_equal_ignoring_case(comparison->code_sha256, subject->files.expected_code);
        return facts_compare(&comparison->facts, NULL, err);
}

static bool holds(const struct comparison *comparison)
{
        return comparison->facts.match.holds && !comparison->firmware_differs;
}

static char *firmware_evidence(const struct comparison *comparison)
{
        const struct facts_input *in = comparison->facts.in;
        if (!comparison->code_sha256)
                return NULL;
        if (comparison->firmware_differs)
                return text_format("%s has SHA-256 %s, but the disk was installed with %s", in->code_path,
                                   comparison->code_sha256, in->expected_code);
        return text_format("%s, SHA-256 %.12s...%s", in->code_path, comparison->code_sha256,
                           in->expected_code ? ", as installed" : "");
}

static const struct boot_entry *entry_of(const struct comparison *comparison)
{
        return comparison->facts.match.has_entry
                       ? bootchain_find_number(&comparison->facts.chain, comparison->facts.match.entry)
                       : NULL;
}

static char *order_evidence(const struct comparison *comparison)
{
        const struct boot_entry *entry = entry_of(comparison);
        return text_format("Boot%04X is active, number %zu of %zu in BootOrder", entry->number, entry->position + 1,
                           comparison->facts.chain.order_count);
}

// The evidence that the part matches; freed with free().
static char *part_evidence(const struct comparison *comparison, const char *name)
{
        const struct match *match = &comparison->facts.match;
        const struct boot_entry *entry = entry_of(comparison);
        char guid[37];
        guid_text(match->partition_guid, guid);
        if (strcmp(name, "disk") == 0)
                return text_format("%s, %s, has a GPT with an EFI system partition", comparison->facts.in->disk_path,
                                   disk_format(comparison->facts.disk));
        if (strcmp(name, "vars") == 0)
                return text_format("%s is sound, %zu boot entries", comparison->facts.in->vars_path,
                                   comparison->facts.chain.entry_count);
        if (!entry)
                return NULL;
        if (strcmp(name, "entry") == 0)
                return text_format("Boot%04X \"%s\" %s", entry->number, entry->label, entry->path);
        if (strcmp(name, "partition") == 0)
                return text_format("partition %u of the disk has this GUID, start and size", match->partition);
        if (strcmp(name, "loader") == 0)
                return text_format("%s is on it", match->loader ? match->loader : "\\EFI\\BOOT\\BOOTAA64.EFI");
        return order_evidence(comparison);
}

// One line of the answer. STATE is "yes", "no" or "-".
struct line {
        const char *name, *state;
        char *evidence; // NULL if the part was not compared
};

static struct line part_line(const struct comparison *comparison, size_t part)
{
        const struct match *match = &comparison->facts.match;
        struct line line = {.name = parts[part].name, .state = "yes"};
        if (match->holds || match->reason > parts[part].to) {
                line.evidence = part_evidence(comparison, line.name);
        } else if (match->reason >= parts[part].from) {
                line.state = "no";
                line.evidence = memory_text(match->explanation);
        } else {
                line.state = "-";
        }
        return line;
}

static struct line firmware_line(const struct comparison *comparison)
{
        return (struct line){.name = "firmware",
                             .state = comparison->firmware_differs ? "no"
                                      : comparison->code_sha256    ? "yes"
                                                                   : "-",
                             .evidence = firmware_evidence(comparison)};
}

static void print_line(struct line line)
{
        AUTO_FREE char *evidence = line.evidence;
        AUTO_FREE char *label = text_format("%-10s %s", line.name, line.state);
        print_row(15, label, evidence ? evidence : "not compared");
}

static void print_text(const struct comparison *comparison)
{
        const struct match *match = &comparison->facts.match;
        print_line(firmware_line(comparison));
        for (size_t i = 0; i < part_count; i++)
                print_line(part_line(comparison, i));
        printf("%-10s %s\n", "match", holds(comparison) ? "yes" : "no");
        print_row(11, "  found", match->found);
        print_row(11, "  expected", match->expected);
        if (match->remark)
                cli_note("%s", match->remark);
        if (!match->holds)
                printf("%s\n", match_reason_advice(match->reason));
        if (comparison->firmware_differs)
                printf("%s\n", match_reason_advice(MATCH_FIRMWARE_CHANGED));
        if (!holds(comparison))
                cli_note("esxiarm diagnose shows what fixes it");
}

static json_t *line_json(struct line line)
{
        AUTO_FREE char *evidence = line.evidence;
        const bool compared = *line.state != '-';
        json_t *json = json_object();
        json_object_set_new(json, "part", json_string(line.name));
        json_object_set_new(json, "holds", compared ? json_boolean(strcmp(line.state, "yes") == 0) : json_null());
        json_object_set_new(json, "evidence", evidence ? json_string(evidence) : json_null());
        return json;
}

static void print_json(const struct comparison *comparison)
{
        json_t *json = result_match(&comparison->facts.match);
        json_t *lines = json_array();
        json_array_append_new(lines, line_json(firmware_line(comparison)));
        for (size_t i = 0; i < part_count; i++)
                json_array_append_new(lines, line_json(part_line(comparison, i)));
        json_object_set_new(json, "parts", lines);
        json_object_set_new(json, "holds", json_boolean(holds(comparison)));
        if (comparison->facts.match.holds && comparison->firmware_differs)
                json_object_set_new(json, "reason", json_string(match_reason_id(MATCH_FIRMWARE_CHANGED)));
        cli_print_json(json);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        const struct values *values = parsed;
        AUTO_SUBJECT struct subject subject = {0};
        AUTO_COMPARISON struct comparison comparison = {.facts.in = &subject.files};
        if (!subject_open(&values->subject, count, operands, true, &subject, err))
                return (int)err->code;
        subject.files.vars = FACTS_SOUND_VARS;
        if (!compare(&subject, &comparison, err))
                return (int)err->code;
        if (values->json)
                print_json(&comparison);
        else
                print_text(&comparison);
        return holds(&comparison) ? 0 : ERROR_NO;
}

static const struct cli_option options[] = {
        SUBJECT_OPTIONS,
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print the result as JSON"},
        {0},
};

const struct cli_command cmd_match = {
        .name = "match",
        .operands = "MACHINE",
        .summary = "reports whether firmware, vars and disk belong together",
        .details = "They do if the firmware is the one that the disk was installed with, and BootOrder has an active "
                   "boot\n"
                   "entry that leads by GUID, start and size to a partition of this disk that has the entry's loader.\n"
                   "Nothing is written or locked; the machine may be running.\n\n"
                   "Instead of MACHINE: --disk IMG --vars FILE.\n\n"
                   "Exit codes: 0 they belong together, 1 they do not, 2 an input is missing, 3 one is damaged.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
