// SPDX-License-Identifier: Apache-2.0
//
// esxiarm fetch: firmware with a provenance, from apt, the system, a URL or a .deb (fw/firmware.h).
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/firmware.h"
#include "launcher/commands.h"

struct fetch_values {
        const char *from, *deb, *url, *sha256, *package, *to;
        uint64_t size;
        bool list, json;
};

static const struct cli_option options[] = {
        {"from", "SOURCE", CLI_TEXT, offsetof(struct fetch_values, from),
         "apt or system (default: apt, and system where apt fails)", NULL},
        {"deb", "FILE", CLI_TEXT, offsetof(struct fetch_values, deb), "a .deb that is here", NULL},
        {"url", "URL", CLI_TEXT, offsetof(struct fetch_values, url), "a .deb from elsewhere: http, https or file",
         NULL},
        {"sha256", "HEX", CLI_TEXT, offsetof(struct fetch_values, sha256), "the SHA-256 that the .deb of --url has",
         NULL},
        {"size", "BYTES", CLI_SIZE, offsetof(struct fetch_values, size), "the size that the .deb of --url has", NULL},
        {"package", "NAME", CLI_TEXT, offsetof(struct fetch_values, package),
         "the package to ask apt for (default " FIRMWARE_PACKAGE ")", NULL},
        {"to", "DIR", CLI_TEXT, offsetof(struct fetch_values, to),
         "install below DIR (default ~/.cache/esxiarm/firmware)", NULL},
        {"list", NULL, CLI_FLAG, offsetof(struct fetch_values, list), "show what is installed, fetch nothing", NULL},
        {"json", NULL, CLI_FLAG, offsetof(struct fetch_values, json), "print JSON", NULL},
        {0},
};

static const char *const sources[] = {"apt", "system", NULL};

// ---- what may be combined

struct conflict {
        const char *option;
        bool given;
};

// At most one of the COUNT CHOICES. False where it is more.
static bool at_most_one(const struct conflict *choices, size_t count, struct error *err)
{
        const char *first = NULL;
        for (size_t i = 0; i < count; i++) {
                if (!choices[i].given)
                        continue;
                if (first)
                        return error_set(err, ERROR_USAGE, "--%s and --%s exclude each other", first,
                                         choices[i].option);
                first = choices[i].option;
        }
        return true;
}

static bool is_source(const char *name)
{
        for (size_t i = 0; sources[i]; i++) {
                if (strcmp(sources[i], name) == 0)
                        return true;
        }
        return false;
}

static bool check_source(const char *name, struct error *err)
{
        if (is_source(name))
                return true;
        const char *nearest = cli_nearest(name, sources);
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        error_set(err, ERROR_USAGE, "--from: no source '%s'; there are apt and system", shown);
        return nearest ? error_append(err, "; did you mean '%s'?", nearest) : false;
}

static bool check_values(const struct fetch_values *values, struct error *err)
{
        const struct conflict choices[] = {
                {"list", values->list},
                {"from", values->from != NULL},
                {"deb", values->deb != NULL},
                {"url", values->url != NULL},
        };
        if (!at_most_one(choices, sizeof choices / sizeof choices[0], err))
                return false;
        if (values->from && !check_source(values->from, err))
                return false;
        if (values->url && !values->sha256)
                return error_set(err, ERROR_USAGE,
                                 "--url needs --sha256 HEX: without it nothing tells the firmware from whatever else a "
                                 "server, or somebody on the way, may send");
        if (!values->url && (values->sha256 || values->size))
                return error_set(err, ERROR_USAGE, "--%s belongs to --url", values->sha256 ? "sha256" : "size");
        if (values->package && !(values->from && strcmp(values->from, "apt") == 0))
                return error_set(err, ERROR_USAGE, "--package belongs to --from apt");
        return true;
}

// ---- what is shown

static json_t *text_or_null(const char *text)
{
        return text ? json_string(text) : json_null();
}

static json_t *files_to_json(const struct firmware *firmware)
{
        json_t *files = json_array();
        for (size_t i = 0; i < firmware->file_count; i++) {
                const struct firmware_file *file = &firmware->files[i];
                json_array_append_new(files, json_pack("{s:s, s:s, s:I, s:I}", "name", file->name, "sha256",
                                                       file->sha256, "size", (json_int_t)file->size, "allocated",
                                                       (json_int_t)file->allocated));
        }
        return files;
}

static json_t *firmware_to_json(const struct firmware *firmware)
{
        json_t *deb = firmware->deb_sha256 ? json_pack("{s:s, s:I}", "sha256", firmware->deb_sha256, "size",
                                                       (json_int_t)firmware->deb_size)
                                           : json_null();
        return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:{s:s, s:o}, s:o, s:s, s:s, s:o}", "name",
                         firmware->name, "folder", firmware->folder, "code", firmware->code_path, "vars_template",
                         firmware->vars_template_path, "package", text_or_null(firmware->package), "version",
                         text_or_null(firmware->version), "architecture", text_or_null(firmware->architecture),
                         "source", "kind", firmware->source, "url", text_or_null(firmware->url), "deb", deb, "verified",
                         firmware->verified, "fetched_at", firmware->fetched_at, "files", files_to_json(firmware));
}

static const char *const outcomes[] = {
        [FIRMWARE_FOUND] = "found",
        [FIRMWARE_FETCHED] = "fetched",
        [FIRMWARE_REPLACED] = "replaced",
};

static const char *const outcome_sentences[] = {
        [FIRMWARE_FOUND] = "already there, checked",
        [FIRMWARE_FETCHED] = "installed",
        [FIRMWARE_REPLACED] = "installed anew",
};

static void print_file(const struct firmware_file *file)
{
        AUTO_FREE char *size = text_size(file->size);
        AUTO_FREE char *allocated = text_size(file->allocated);
        printf("  %-24s %s, %s on disk, SHA-256 %s\n", file->name, size, allocated, file->sha256);
}

// A line of the report. What a file or a server said goes through text_printable.
static void print_line(const char *label, const char *value)
{
        AUTO_FREE char *shown = text_printable(value, strlen(value), false);
        printf("%-9s %s\n", label, shown);
}

static void print_firmware(const struct firmware *firmware, const char *state)
{
        AUTO_FREE char *heading = text_format("%s (%s)", firmware->name, state);
        AUTO_FREE char *package = text_format("%s %s (%s)", firmware->package ? firmware->package : "not known",
                                              firmware->version ? firmware->version : "",
                                              firmware->architecture ? firmware->architecture : "");
        AUTO_FREE char *source =
                text_format("%s%s%s", firmware->source, firmware->url ? ", " : "", firmware->url ? firmware->url : "");
        AUTO_FREE char *deb_size = text_size(firmware->deb_size);
        AUTO_FREE char *deb = text_format("%s, SHA-256 %s", deb_size, firmware->deb_sha256 ? firmware->deb_sha256 : "");
        print_line("firmware", heading);
        print_line("folder", firmware->folder);
        print_line("package", firmware->version ? package : "not known");
        print_line("source", source);
        if (firmware->deb_sha256)
                print_line(".deb", deb);
        print_line("verified", firmware->verified);
        print_line("fetched", firmware->fetched_at);
        puts("files");
        for (size_t i = 0; i < firmware->file_count; i++)
                print_file(&firmware->files[i]);
}

// ---- --list

static json_t *list_to_json(const struct firmware_list *list)
{
        json_t *array = json_array();
        for (size_t i = 0; i < list->count; i++) {
                const struct firmware_entry *entry = &list->entries[i];
                json_array_append_new(
                        array, entry->damage ? json_pack("{s:s, s:s}", "name", entry->name, "damage", entry->damage)
                                             : firmware_to_json(&entry->firmware));
        }
        return json_pack("{s:o}", "firmware", array);
}

static int list_installed(const struct fetch_values *values, struct error *err)
{
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        if (!firmware_list(values->to, &list, err))
                return (int)err->code;
        if (values->json) {
                cli_print_json(list_to_json(&list));
                return 0;
        }
        for (size_t i = 0; i < list.count; i++) {
                const struct firmware_entry *entry = &list.entries[i];
                if (entry->damage)
                        print_line("damaged", entry->damage);
                else
                        print_firmware(&entry->firmware, "not checked now");
                if (i + 1 < list.count)
                        putchar('\n');
        }
        if (!list.count)
                cli_note("no firmware is installed there");
        return 0;
}

// ---- fetching

static bool fetch(const struct fetch_values *values, struct firmware *firmware, struct error *err)
{
        if (values->deb)
                return firmware_fetch_deb(values->deb, values->to, firmware, err);
        if (values->url)
                return firmware_fetch_url(values->url, values->sha256, values->size, values->to, firmware, err);
        if (!values->from)
                return firmware_fetch_any(values->to, firmware, err);
        if (strcmp(values->from, "apt") == 0)
                return firmware_fetch_apt(values->package, values->to, firmware, err);
        return firmware_from_system(values->to, firmware, err);
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        (void)count;
        (void)operands;
        const struct fetch_values *values = given;
        if (!check_values(values, err))
                return (int)err->code;
        if (values->list)
                return list_installed(values, err);
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (!fetch(values, &firmware, err))
                return (int)err->code;
        if (firmware.replaced_because)
                cli_warn("what was installed was replaced: %s", firmware.replaced_because);
        if (values->json) {
                json_t *json = firmware_to_json(&firmware);
                json_object_set_new(json, "outcome", json_string(outcomes[firmware.outcome]));
                json_object_set_new(json, "replaced_because", text_or_null(firmware.replaced_because));
                cli_print_json(json);
                return 0;
        }
        print_firmware(&firmware, outcome_sentences[firmware.outcome]);
        return 0;
}

const struct cli_command cmd_fetch = {
        .name = "fetch",
        .operands = "",
        .summary = "gets UEFI firmware and records where it came from",
        .details =
                "Installs AAVMF_CODE.fd and AAVMF_VARS.fd below ~/.cache/esxiarm/firmware, with a firmware.json that\n"
                "says where they came from, how that was verified, and what the SHA-256 of each file is. What is "
                "there\n"
                "already is checked and kept; what is damaged is replaced.\n"
                "\n"
                "  --from apt     the package that apt would install, with the SHA-256 of apt's signed index\n"
                "  --from system  a copy of the firmware that is installed for QEMU, as its descriptors name it\n"
                "  --url URL      a .deb from anywhere; --sha256 says what it has to be\n"
                "  --deb FILE     a .deb that is here",
        .options = options,
        .values_size = sizeof(struct fetch_values),
        .least = 0,
        .most = 0,
        .run = run,
};
