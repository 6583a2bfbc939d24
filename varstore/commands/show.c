// SPDX-License-Identifier: Apache-2.0
//
// aavmf-vars show: everything about one variable.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/commands/certificates.h"
#include "varstore/commands/commands.h"
#include "varstore/naming.h"
#include "varstore/report.h"
#include "varstore/store-file.h"
#include "varstore/value.h"

struct values {
        bool hex, raw, json;
};

static const struct cli_option OPTIONS[] = {
        {"hex", NULL, CLI_FLAG, offsetof(struct values, hex),
         "its bytes as a hexadecimal dump, even if their meaning is known", NULL},
        {"raw", NULL, CLI_FLAG, offsetof(struct values, raw), "its raw bytes and nothing else", NULL},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "one JSON object", NULL},
        {0},
};

enum {
        DUMP_WIDTH = 16 // bytes a line
};

static void dump_line(struct bytes data, size_t at)
{
        printf("%04zx ", at);
        for (size_t i = at; i < at + DUMP_WIDTH; i++) {
                if (i < data.size)
                        printf(" %02x", data.data[i]);
                else
                        printf("   ");
        }
        printf("  |");
        for (size_t i = at; i < at + DUMP_WIDTH && i < data.size; i++)
                putchar(data.data[i] >= 0x20 && data.data[i] < 0x7F ? data.data[i] : '.');
        puts("|");
}

static void dump(struct bytes data)
{
        for (size_t at = 0; at < data.size; at += DUMP_WIDTH)
                dump_line(data, at);
}

static bool has_time(const struct variable *variable)
{
        return !bytes_all((struct bytes){variable->time, sizeof variable->time}, 0);
}

// EFI_TIME: u16 year, u8 month, day, hour, minute, second.
static char *time_text(const struct variable *variable)
{
        struct cursor cursor = cursor_at((struct bytes){variable->time, sizeof variable->time}, 0);
        unsigned year = cursor_u16(&cursor);
        uint8_t parts[5];
        cursor_copy(&cursor, parts, sizeof parts);
        return text_format("%04u-%02u-%02u %02u:%02u:%02u", year, parts[0], parts[1], parts[2], parts[3], parts[4]);
}

static void print_head(const struct variable *variable)
{
        char spelled[37];
        guid_text(variable->vendor, spelled);
        const char *vendor = guid_name(variable->vendor);
        AUTO_FREE char *name = text_printable(variable->name, strlen(variable->name), false);
        AUTO_FREE char *attributes = variable_attributes_text(variable->attributes);
        printf("name:       %s\nvendor:     %s%s%s%s\nattributes: %s\nsize:       %zu byte%s\n", name, spelled,
               vendor ? " (" : "", vendor ? vendor : "", vendor ? ")" : "", attributes, variable->data.size,
               variable->data.size == 1 ? "" : "s");
        if (has_time(variable)) {
                AUTO_FREE char *time = time_text(variable);
                printf("time:       %s\n", time);
        }
}

static void print_variable(const struct variable *variable, bool hex)
{
        AUTO_FREE char *value = hex ? NULL : value_text(variable);
        print_head(variable);
        if (!value) {
                dump(variable->data);
                return;
        }
        printf("value:      %s\n", value);
        certificates_print(variable);
}

static void print_json(const struct variable *variable)
{
        json_t *json = report_variable(variable);
        AUTO_FREE char *time = has_time(variable) ? time_text(variable) : NULL;
        json_object_set_new(json, "time", report_text(time));
        json_object_set_new(json, "monotonic_count", json_integer((json_int_t)variable->monotonic_count));
        cli_print_json(json);
}

static int run(const void *parsed, int count, char **operands, struct error *err)
{
        (void)count;
        const struct values *values = parsed;
        AUTO_VARIABLE_NAMING struct variable_naming naming = {0};
        AUTO_VARSTORE struct varstore *store = NULL;
        if (values->hex + values->raw + values->json > 1) {
                error_set(err, ERROR_USAGE, "give only one of --hex, --raw and --json");
                return (int)err->code;
        }
        if (!naming_parse_variable(operands[1], &naming, err) || !store_load(operands[0], &store, err))
                return (int)err->code;
        const struct variable *variable =
                naming_find_variable(store, naming.name, naming.has_vendor ? &naming.vendor : NULL, err);
        if (!variable)
                error_wrap(err, "%s", operands[0]);
        else if (values->raw)
                fwrite(variable->data.data, 1, variable->data.size, stdout);
        else if (values->json)
                print_json(variable);
        else
                print_variable(variable, values->hex);
        return (int)err->code;
}

const struct cli_command cmd_show = {
        .name = "show",
        .operands = "FILE NAME[:GUID]",
        .summary = "Shows one variable: its vendor, attributes, time stamp and decoded data.",
        .details =
                "Without the GUID (or the vendor's known name), shows the only variable with this name. Exit code 1\n"
                "if not found.",
        .options = OPTIONS,
        .values_size = sizeof(struct values),
        .least = 2,
        .most = 2,
        .run = run,
};
