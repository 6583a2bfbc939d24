// SPDX-License-Identifier: Apache-2.0
//
// esxiarm fetch: firmware of known origin, from the catalog, apt, the system, a URL or a .deb (fw/firmware.h).
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"
#include "fw/catalog.h"
#include "fw/choose.h"
#include "fw/fetch-apt.h"
#include "fw/fetch-catalog.h"
#include "fw/fetch-system.h"
#include "fw/fetch-url.h"
#include "fw/firmware.h"
#include "fw/installed.h"
#include "fw/net/network.h"
#include "fw/provenance.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/print.h"
#include "varstore/report.h"

struct values {
        const char *from, *deb, *url, *sha256, *package, *to, *mirror, *keyring, *verify;
        uint64_t size, attempts;
        bool list, json;
};

static const struct cli_option options[] = {
        {"from", "SOURCE", CLI_TEXT, offsetof(struct values, from),
         "same as NAME: a name from the catalog, apt or system"},
        {"deb", "FILE", CLI_TEXT, offsetof(struct values, deb), "a local .deb"},
        {"url", "URL", CLI_TEXT, offsetof(struct values, url), "a .deb from a URL: http, https or file"},
        {"sha256", "HEX", CLI_TEXT, offsetof(struct values, sha256), "expected SHA-256 of the .deb of --url"},
        {"size", "BYTES", CLI_SIZE, offsetof(struct values, size), "expected size of the .deb of --url"},
        {"package", "NAME", CLI_TEXT, offsetof(struct values, package),
         "the package to ask apt for (default " FIRMWARE_PACKAGE ")"},
        {"to", "DIR", CLI_TEXT, offsetof(struct values, to), "install below DIR (default ~/.cache/esxiarm/firmware)"},
        {"mirror", "URL", CLI_TEXT, offsetof(struct values, mirror),
         "use another archive than the catalog's; its files are verified in the same way"},
        {"keyring", "FILE", CLI_TEXT, offsetof(struct values, keyring),
         "a file with the archive's key, which must have the pinned fingerprint"},
        {"attempts", "N", CLI_NUMBER, offsetof(struct values, attempts), "attempts per download (default 5)"},
        {"verify", "NAME", CLI_TEXT, offsetof(struct values, verify),
         "hash the installed files of NAME again, fetch nothing"},
        {"list", NULL, CLI_FLAG, offsetof(struct values, list),
         "show the catalog and what is installed, fetch nothing"},
        {"json", NULL, CLI_FLAG, offsetof(struct values, json), "print JSON"},
        {0},
};

// ---- what may be combined

struct conflict {
        const char *option;
        bool given;
};

// Fails if more than one of the COUNT CHOICES was given.
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

// Options that need another option.
static bool check_companions(const struct values *values, const char *source, struct error *err)
{
        bool from_apt = source && strcmp(source, "apt") == 0;
        bool from_catalog = !values->deb && !values->url && !values->list && !values->verify && !from_apt &&
                            !(source && strcmp(source, "system") == 0);
        const struct {
                const char *option;
                bool given, has_meaning;
                const char *belongs_to;
        } companions[] = {
                {"sha256", values->sha256 != NULL, values->url != NULL, "--url"},
                {"size", values->size != 0, values->url != NULL, "--url"},
                {"package", values->package != NULL, from_apt, "--from apt"},
                {"mirror", values->mirror != NULL, from_catalog, "a name from the catalog"},
                {"keyring", values->keyring != NULL, from_catalog, "a name from the catalog"},
                {"attempts", values->attempts != 0, from_catalog || values->url, "--url or a name from the catalog"},
        };
        for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) {
                if (companions[i].given && !companions[i].has_meaning)
                        return error_set(err, ERROR_USAGE, "--%s needs %s", companions[i].option,
                                         companions[i].belongs_to);
        }
        return true;
}

static bool check_values(const struct values *values, const char *operand, struct error *err)
{
        const struct conflict choices[] = {
                {"list", values->list},       {"verify", values->verify != NULL}, {"from", values->from != NULL},
                {"deb", values->deb != NULL}, {"url", values->url != NULL},
        };
        bool any = false;
        for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
                any |= choices[i].given;
        if (operand && any)
                return error_set(err, ERROR_USAGE, "NAME cannot be combined with another source, --list or --verify");
        if (!at_most_one(choices, sizeof choices / sizeof choices[0], err))
                return false;
        if (values->url && !values->sha256)
                return error_set(err, ERROR_USAGE,
                                 "--url needs --sha256 HEX, to verify that the server sent the right firmware");
        return check_companions(values, operand ? operand : values->from, err);
}

// ---- what is shown

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
        return json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:{s:s, s:o}, s:o, s:s, s:o, s:s, s:o}", "name",
                         firmware->name, "catalog", report_text(firmware->catalog), "folder", firmware->folder, "code",
                         firmware->code_path, "vars_template", firmware->vars_template_path, "package",
                         report_text(firmware->package), "version", report_text(firmware->version), "architecture",
                         report_text(firmware->architecture), "source", "kind", firmware->source, "url",
                         report_text(firmware->url), "deb", deb, "verified", firmware->verified, "chain",
                         provenance_links_to_json(firmware), "fetched_at", firmware->fetched_at, "files",
                         files_to_json(firmware));
}

static const char *const outcomes[] = {
        [FIRMWARE_FOUND] = "found",
        [FIRMWARE_FETCHED] = "fetched",
        [FIRMWARE_REPLACED] = "replaced",
};

static const char *const outcome_sentences[] = {
        [FIRMWARE_FOUND] = "already there, checked",
        [FIRMWARE_FETCHED] = "installed",
        [FIRMWARE_REPLACED] = "reinstalled",
};

static void print_file(const struct firmware_file *file)
{
        AUTO_FREE char *size = text_size(file->size);
        AUTO_FREE char *allocated = text_size(file->allocated);
        printf("  %-24s %s, %s on disk, SHA-256 %s\n", file->name, size, allocated, file->sha256);
}

static void print_link(const struct firmware_link *link)
{
        AUTO_FREE char *kind = text_format("  %s", link->kind);
        AUTO_FREE char *line =
                text_format("%s, %" PRIu64 " bytes, SHA-256 %s: %s", link->url, link->size, link->sha256, link->proof);
        print_row(9, kind, line);
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
        print_row(9, "firmware", heading);
        print_row(9, "folder", firmware->folder);
        print_row(9, "package", firmware->version ? package : "not known");
        print_row(9, "source", source);
        if (firmware->deb_sha256)
                print_row(9, ".deb", deb);
        print_row(9, "verified", firmware->verified);
        for (size_t i = 0; i < firmware->link_count; i++)
                print_link(&firmware->links[i]);
        print_row(9, "fetched", firmware->fetched_at);
        puts("files");
        for (size_t i = 0; i < firmware->file_count; i++)
                print_file(&firmware->files[i]);
}

// ---- --list

// What is installed for the catalog's entry NAME, separated by commas; freed with free(). NULL if nothing is.
static char *installed_for(const struct firmware_list *list, const char *name)
{
        struct text names = {0};
        for (size_t i = 0; i < list->count; i++) {
                const struct firmware *firmware = &list->entries[i].firmware;
                if (firmware->catalog && strcmp(firmware->catalog, name) == 0)
                        text_add_format(&names, "%s%s", names.length ? ", " : "", firmware->name);
        }
        return names.length ? text_take(&names) : NULL;
}

static json_t *entry_to_json(const struct catalog *catalog, const struct catalog_entry *entry,
                             const struct firmware_list *list)
{
        AUTO_FREE char *installed = installed_for(list, entry->name);
        return json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:o}", "name", entry->name, "default",
                         strcmp(entry->name, catalog->default_name) == 0, "package", entry->package, "version",
                         entry->version ? entry->version : "newest", "esxi", entry->esxi, "archive",
                         report_text(entry->archive), "installed", report_text(installed));
}

static json_t *list_to_json(const struct catalog *catalog, const struct firmware_list *list)
{
        json_t *known = json_array();
        json_t *installed = json_array();
        for (size_t i = 0; i < catalog->count; i++)
                json_array_append_new(known, entry_to_json(catalog, &catalog->entries[i], list));
        for (size_t i = 0; i < list->count; i++) {
                const struct firmware_entry *entry = &list->entries[i];
                json_array_append_new(
                        installed, entry->damage ? json_pack("{s:s, s:s}", "name", entry->name, "damage", entry->damage)
                                                 : firmware_to_json(&entry->firmware));
        }
        return json_pack("{s:o, s:o}", "catalog", known, "firmware", installed);
}

static void print_entry(const struct catalog *catalog, const struct catalog_entry *entry,
                        const struct firmware_list *list)
{
        AUTO_FREE char *installed = installed_for(list, entry->name);
        bool is_default = strcmp(entry->name, catalog->default_name) == 0;
        printf("%-14s %s %s%s%s\n", entry->name, entry->package, entry->version ? entry->version : "newest",
               entry->archive ? "" : ", through apt or --mirror", is_default ? " (default)" : "");
        printf("               %s; %s%s\n", entry->esxi, installed ? "installed: " : "not installed",
               installed ? installed : "");
}

static void print_list(const struct catalog *catalog, const struct firmware_list *list)
{
        for (size_t i = 0; i < catalog->count; i++)
                print_entry(catalog, &catalog->entries[i], list);
        for (size_t i = 0; i < list->count; i++) {
                const struct firmware_entry *entry = &list->entries[i];
                putchar('\n');
                if (entry->damage)
                        print_row(9, "damaged", entry->damage);
                else
                        print_firmware(&entry->firmware, "not checked");
        }
        if (!list->count)
                cli_note("no firmware is installed");
}

static int list_all(const struct values *values, struct error *err)
{
        AUTO_FIRMWARE_LIST struct firmware_list list = {0};
        AUTO_CATALOG struct catalog catalog = {0};
        if (!catalog_read(&catalog, err) || !firmware_list(values->to, &list, err))
                return (int)err->code;
        if (values->json)
                cli_print_json(list_to_json(&catalog, &list));
        else
                print_list(&catalog, &list);
        return 0;
}

// ---- --verify

static int verify(const struct values *values, struct error *err)
{
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (!firmware_verify(values->to, values->verify, &firmware, err))
                return (int)err->code;
        if (values->json)
                cli_print_json(firmware_to_json(&firmware));
        else
                print_firmware(&firmware, "all files are as they were");
        return 0;
}

// ---- fetching

static bool no_such_source(const struct catalog *catalog, const char *name, struct error *err)
{
        AUTO_FREE const char **names = memory_new(catalog->count + 3, sizeof *names);
        for (size_t i = 0; i < catalog->count; i++)
                names[i] = catalog->entries[i].name;
        names[catalog->count] = "apt";
        names[catalog->count + 1] = "system";
        const char *nearest = spelling_nearest(name, names);
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        error_set(err, ERROR_USAGE, "unknown source '%s' (expected apt, system or a name that `fetch --list` shows)",
                  shown);
        return nearest ? error_append(err, "; did you mean '%s'?", nearest) : false;
}

static bool fetch_named(const struct values *values, const char *name, const struct firmware_network *network,
                        struct firmware *firmware, struct error *err)
{
        AUTO_CATALOG struct catalog catalog = {0};
        if (strcmp(name, "apt") == 0)
                return firmware_fetch_apt(values->package, values->to, firmware, err);
        if (strcmp(name, "system") == 0)
                return firmware_from_system(values->to, firmware, err);
        if (!catalog_read(&catalog, err))
                return false;
        const struct catalog_entry *entry = catalog_find(&catalog, name);
        return entry ? firmware_fetch_catalog(entry, network, values->to, firmware, err)
                     : no_such_source(&catalog, name, err);
}

static bool fetch(const struct values *values, const char *operand, struct firmware *firmware, struct error *err)
{
        const struct firmware_network network = {
                .mirror = values->mirror, .keyring = values->keyring, .attempts = (unsigned)values->attempts};
        const char *name = operand ? operand : values->from;
        if (values->deb)
                return firmware_fetch_deb(values->deb, values->to, firmware, err);
        if (values->url)
                return firmware_fetch_url(values->url, values->sha256, values->size, &network, values->to, firmware,
                                          err);
        return name ? fetch_named(values, name, &network, firmware, err)
                    : firmware_for_esxi(&network, values->to, firmware, err);
}

static int run(const void *given, int count, char **operands, struct error *err)
{
        const struct values *values = given;
        const char *operand = count ? operands[0] : NULL;
        if (!check_values(values, operand, err))
                return (int)err->code;
        if (values->list)
                return list_all(values, err);
        if (values->verify)
                return verify(values, err);
        AUTO_FIRMWARE struct firmware firmware = {0};
        if (!fetch(values, operand, &firmware, err))
                return (int)err->code;
        if (firmware.replaced_because)
                cli_warn("the installed firmware was replaced: %s", firmware.replaced_because);
        if (values->json) {
                json_t *json = firmware_to_json(&firmware);
                json_object_set_new(json, "outcome", json_string(outcomes[firmware.outcome]));
                json_object_set_new(json, "replaced_because", report_text(firmware.replaced_because));
                cli_print_json(json);
                return 0;
        }
        print_firmware(&firmware, outcome_sentences[firmware.outcome]);
        return 0;
}

const struct cli_command cmd_fetch = {
        .name = "fetch",
        .operands = "[NAME]",
        .summary = "fetches UEFI firmware, verifies it and records its origin",
        .details =
                "Installs AAVMF_CODE.fd and AAVMF_VARS.fd below ~/.cache/esxiarm/firmware, with a firmware.json that\n"
                "records their origin, how it was verified, and the SHA-256 of each file. An installed firmware is\n"
                "checked and kept; a damaged one is replaced.\n\n"
                "  NAME           from the catalog (--list): verified from the archive's signing key to the .deb\n"
                "  apt            the package that apt would install, with the SHA-256 of apt's signed index\n"
                "  system         a copy of the firmware that is installed for QEMU, as its descriptors name it\n"
                "  --url URL      a .deb from anywhere; --sha256 is its expected digest\n"
                "  --deb FILE     a local .deb\n\n"
                "The default is the catalog's default, which ESXi is known to run on; if the network fails, a "
                "firmware\n"
                "that is already on this host.",
        .options = options,
        .values_size = sizeof(struct values),
        .least = 0,
        .most = 1,
        .run = run,
};
