// SPDX-License-Identifier: Apache-2.0
#include "fw/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/paths.h"
#include "base/text.h"
#include "base/yaml-file.h"

enum {
        NAME_LIMIT = 64,
        TEXT_LIMIT = 1024,
        LIST_LIMIT = 32,
        FINGERPRINT_LENGTH = 40, // hexadecimal digits, of a version 4 key
};

#define AT(type, member)           .offset = offsetof(struct type, member)
#define LIST(type, member, length) AT(type, member), .count_offset = offsetof(struct type, length), .most = LIST_LIMIT

static const struct yaml_field entry_fields[] = {
        {"name", YAML_TEXT, true, AT(catalog_entry, name), .most = NAME_LIMIT},
        {"package", YAML_TEXT, true, AT(catalog_entry, package), .most = NAME_LIMIT},
        {"version", YAML_TEXT, true, AT(catalog_entry, version), .most = NAME_LIMIT},
        {"archive", YAML_TEXT, false, AT(catalog_entry, archive), .most = TEXT_LIMIT},
        {"suites", YAML_ONE_TEXT, true, LIST(catalog_entry, suites, suite_count), .least = 1},
        {"component", YAML_ONE_TEXT, true, LIST(catalog_entry, components, component_count), .least = 1},
        {"architecture", YAML_TEXT, true, AT(catalog_entry, architecture), .most = NAME_LIMIT},
        {"keys", YAML_ONE_TEXT, true, LIST(catalog_entry, keys, key_count), .least = 1},
        {"key_server", YAML_TEXT, false, AT(catalog_entry, key_server), .most = TEXT_LIMIT},
        {"snapshots", YAML_ONE_TEXT, false, LIST(catalog_entry, snapshots, snapshot_count)},
        {"esxi", YAML_TEXT, true, AT(catalog_entry, esxi), .most = TEXT_LIMIT},
        {0},
};
static const struct yaml_mapping entry_mapping = {entry_fields, sizeof(struct catalog_entry),
                                                  offsetof(struct catalog_entry, line)};

static const struct yaml_field catalog_fields[] = {
        {"default", YAML_TEXT, true, AT(catalog, default_name), .most = NAME_LIMIT},
        {"firmware", YAML_MAPPINGS, true, LIST(catalog, entries, count), .least = 1, .mapping = &entry_mapping},
        {0},
};
static const struct yaml_mapping catalog_mapping = {.fields = catalog_fields, .size = sizeof(struct catalog)};

void catalog_free(struct catalog *catalog)
{
        yaml_file_free(&catalog->yaml);
        *catalog = (struct catalog){0};
}

const struct catalog_entry *catalog_find(const struct catalog *catalog, const char *name)
{
        for (size_t i = 0; i < catalog->count; i++) {
                if (strcmp(catalog->entries[i].name, name) == 0)
                        return &catalog->entries[i];
        }
        return NULL;
}

const char **catalog_names(const struct catalog *catalog)
{
        const char **names = memory_new(catalog->count + 1, sizeof *names);
        for (size_t i = 0; i < catalog->count; i++)
                names[i] = catalog->entries[i].name;
        return names;
}

// The only characters allowed in parts of a URL or path.
#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_word(const char *text, const char *characters)
{
        return *text != '.' && *text != '-' && !text[strspn(text, characters)];
}

static bool is_fingerprint(const char *text)
{
        return strlen(text) == FINGERPRINT_LENGTH && !text[strspn(text, "0123456789ABCDEF")];
}

static bool is_url(const char *text)
{
        return (text_starts_with(text, "https://") || text_starts_with(text, "http://")) &&
               !text_ends_with(text, "/") && !strpbrk(text, " @?#");
}

static bool is_https(const char *text)
{
        return is_url(text) && text_starts_with(text, "https://");
}

static bool is_name(const char *text)
{
        return is_word(text, LOWER ".-") && strcmp(text, "apt") != 0 && strcmp(text, "system") != 0;
}

static bool is_package(const char *text)
{
        return is_word(text, LOWER "+-.");
}

static bool is_version(const char *text)
{
        return is_word(text, LOWER UPPER "+-.:~");
}

static bool is_suite(const char *text)
{
        return is_word(text, LOWER UPPER "-.");
}

static bool is_component(const char *text)
{
        return is_word(text, LOWER "-/") && !text_ends_with(text, "/") && *text != '/';
}

static bool check(struct catalog *catalog, const char *text, bool (*is_right)(const char *), const char *wanted,
                  struct error *err)
{
        return !text || is_right(text) ||
               yaml_file_refuse(catalog->yaml, yaml_file_line(catalog->yaml, text), err, "'%s' is not a valid %s", text,
                                wanted);
}

static bool check_list(struct catalog *catalog, const char *const *texts, size_t count, bool (*is_right)(const char *),
                       const char *wanted, struct error *err)
{
        for (size_t i = 0; i < count; i++) {
                if (!check(catalog, texts[i], is_right, wanted, err))
                        return false;
        }
        return true;
}

static bool check_entry(struct catalog *catalog, const struct catalog_entry *entry, struct error *err)
{
        if (catalog_find(catalog, entry->name) != entry)
                return yaml_file_refuse(catalog->yaml, entry->line, err, "duplicate name '%s'", entry->name);
        return check(catalog, entry->name, is_name,
                     "name: lower-case letters, digits, '.' and '-', but not apt or system", err) &&
               check(catalog, entry->package, is_package, "package name", err) &&
               check(catalog, entry->version, is_version, "package version", err) &&
               check(catalog, entry->archive, is_url, "archive URL: http or https, without a final slash", err) &&
               check_list(catalog, entry->suites, entry->suite_count, is_suite, "suite name", err) &&
               check_list(catalog, entry->components, entry->component_count, is_component, "component name", err) &&
               check(catalog, entry->architecture, is_package, "architecture name", err) &&
               check_list(catalog, entry->keys, entry->key_count, is_fingerprint,
                          "fingerprint: 40 hexadecimal digits, capitals", err) &&
               check(catalog, entry->key_server, is_https, "key server URL: https://..., without a final slash", err) &&
               check_list(catalog, entry->snapshots, entry->snapshot_count, is_url,
                          "archive URL: http or https, without a final slash", err);
}

static bool check_catalog(struct catalog *catalog, struct error *err)
{
        for (size_t i = 0; i < catalog->count; i++) {
                struct catalog_entry *entry = &catalog->entries[i];
                if (!check_entry(catalog, entry, err))
                        return false;
                if (strcmp(entry->version, "newest") == 0)
                        entry->version = NULL;
        }
        return catalog_find(catalog, catalog->default_name) ||
               yaml_file_refuse(catalog->yaml, yaml_file_line(catalog->yaml, catalog->default_name), err,
                                "the default '%s' is not an entry", catalog->default_name);
}

bool catalog_read_file(const char *path, struct catalog *catalog, struct error *err)
{
        *catalog = (struct catalog){0};
        struct yaml_file *yaml = yaml_file_read(path, err);
        if (!yaml)
                return false;
        bool filled = yaml_file_fill(yaml, &catalog_mapping, catalog, err);
        catalog->yaml = yaml;
        if (filled && check_catalog(catalog, err))
                return true;
        catalog_free(catalog);
        return false;
}

bool catalog_read(struct catalog *catalog, struct error *err)
{
        *catalog = (struct catalog){0};
        AUTO_FREE char *path = paths_data("catalog.yaml", err);
        return path && catalog_read_file(path, catalog, err);
}
