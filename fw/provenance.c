// SPDX-License-Identifier: Apache-2.0
#include "fw/provenance.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "fw/digest-cache.h"

enum {
        SCHEMA = 1,
        PROVENANCE_LIMIT = 1 << 20, // bytes
        MOST_FILES = 64,
        MOST_LINKS = 64,
};

#define FILE_NAME "firmware.json"

// ---- writing

static json_t *files_to_json(const struct firmware *firmware)
{
        json_t *files = json_array();
        for (size_t i = 0; i < firmware->file_count; i++) {
                const struct firmware_file *file = &firmware->files[i];
                json_array_append_new(files, json_pack("{s:s, s:s, s:I}", "name", file->name, "sha256", file->sha256,
                                                       "size", (json_int_t)file->size));
        }
        return files;
}

json_t *provenance_links_to_json(const struct firmware *firmware)
{
        json_t *links = json_array();
        for (size_t i = 0; i < firmware->link_count; i++) {
                const struct firmware_link *link = &firmware->links[i];
                json_array_append_new(links, json_pack("{s:s, s:s, s:s, s:I, s:s}", "kind", link->kind, "url",
                                                       link->url, "sha256", link->sha256, "size",
                                                       (json_int_t)link->size, "proof", link->proof));
        }
        return links;
}

static json_t *firmware_to_json(const struct firmware *firmware)
{
        json_t *deb = firmware->deb_sha256 ? json_pack("{s:s, s:I}", "sha256", firmware->deb_sha256, "size",
                                                       (json_int_t)firmware->deb_size)
                                           : json_null();
        return json_pack("{s:i, s:s, s:o, s:{s:s, s:o}, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:s}", "schema", SCHEMA,
                         "name", firmware->name, "catalog", json_text_or_null(firmware->catalog), "source", "kind",
                         firmware->source, "url", json_text_or_null(firmware->url), "package",
                         json_text_or_null(firmware->package), "version", json_text_or_null(firmware->version),
                         "architecture", json_text_or_null(firmware->architecture), "deb", deb, "verified",
                         firmware->verified, "chain", provenance_links_to_json(firmware), "files",
                         files_to_json(firmware), "fetched_at", firmware->fetched_at);
}

bool provenance_write(const char *folder, const struct firmware *firmware, struct error *err)
{
        json_t *json = firmware_to_json(firmware);
        // jansson refuses text that is not UTF-8: a URL from the user.
        if (!json)
                return error_set(err, ERROR_USAGE, "the source is not UTF-8");
        AUTO_FREE char *path = file_path(folder, FILE_NAME);
        bool written = json_write(path, 0644, json, 2, err);
        json_decref(json);
        return written;
}

// ---- reading

static bool malformed(const char *path, const char *key, struct error *err)
{
        return error_set(err, ERROR_DAMAGED, "%s: %s is missing or invalid", path, key);
}

static char *text_of(const json_t *object, const char *key)
{
        const char *text = json_text(object, key);
        return text ? memory_text(text) : NULL;
}

// A name in the firmware's own folder, so that a tampered file cannot point elsewhere.
static bool is_file_name(const char *name)
{
        return name && *name && *name != '.' && !strchr(name, '/');
}

static bool read_files(const char *path, const json_t *files, struct firmware *firmware, struct error *err)
{
        size_t i;
        const json_t *file;
        if (json_array_size(files) > MOST_FILES)
                return malformed(path, "files", err);
        json_array_foreach (files, i, file) {
                const char *name = json_text(file, "name");
                const char *sha256 = json_text(file, "sha256");
                json_int_t size = json_integer_value(json_object_get(file, "size"));
                struct digest digest;
                if (!is_file_name(name) || !sha256 || !digest_parse(sha256, &digest) || size <= 0)
                        return malformed(path, "files", err);
                AUTO_FREE char *hex = digest_hex(&digest);
                firmware_add_file(firmware, name, (uint64_t)size, hex);
        }
        if (!firmware_file_named(firmware, FIRMWARE_CODE) || !firmware_file_named(firmware, FIRMWARE_VARS))
                return malformed(path, "files (" FIRMWARE_CODE " and " FIRMWARE_VARS ")", err);
        return true;
}

// Firmware installed by an older version has no chain.
static bool read_links(const char *path, const json_t *links, struct firmware *firmware, struct error *err)
{
        size_t i;
        const json_t *json;
        if (json_array_size(links) > MOST_LINKS)
                return malformed(path, "chain", err);
        json_array_foreach (links, i, json) {
                struct firmware_link link = {.size = (uint64_t)json_integer_value(json_object_get(json, "size"))};
                if (json_unpack((json_t *)json, "{s:s, s:s, s:s, s:s}", "kind", &link.kind, "url", &link.url, "sha256",
                                &link.sha256, "proof", &link.proof) != 0)
                        return malformed(path, "chain", err);
                firmware_add_link(firmware, &link);
        }
        return true;
}

static bool read_deb(const char *path, const json_t *deb, struct firmware *firmware, struct error *err)
{
        if (!deb || json_is_null(deb))
                return true;
        struct digest digest;
        const char *sha256 = json_text(deb, "sha256");
        json_int_t size = json_integer_value(json_object_get(deb, "size"));
        if (!sha256 || !digest_parse(sha256, &digest) || size <= 0)
                return malformed(path, "deb", err);
        firmware->deb_sha256 = digest_hex(&digest);
        firmware->deb_size = (uint64_t)size;
        return true;
}

static bool firmware_from_json(const char *path, const json_t *json, struct firmware *firmware, struct error *err)
{
        const json_t *source = json_object_get(json, "source");
        json_int_t schema = json_integer_value(json_object_get(json, "schema"));
        if (schema > SCHEMA)
                return error_set(err, ERROR_DAMAGED, "%s: written by a newer version of this program", path);
        if (schema != SCHEMA)
                return malformed(path, "schema", err);
        firmware->name = text_of(json, "name");
        firmware->catalog = text_of(json, "catalog");
        firmware->source = text_of(source, "kind");
        firmware->url = text_of(source, "url");
        firmware->package = text_of(json, "package");
        firmware->version = text_of(json, "version");
        firmware->architecture = text_of(json, "architecture");
        firmware->verified = text_of(json, "verified");
        firmware->fetched_at = text_of(json, "fetched_at");
        const struct {
                const char *key, *value;
        } required[] = {
                {"name", firmware->name},
                {"source", firmware->source},
                {"verified", firmware->verified},
                {"fetched_at", firmware->fetched_at},
        };
        for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
                if (!required[i].value)
                        return malformed(path, required[i].key, err);
        }
        return read_deb(path, json_object_get(json, "deb"), firmware, err) &&
               read_links(path, json_object_get(json, "chain"), firmware, err) &&
               read_files(path, json_object_get(json, "files"), firmware, err);
}

static void locate(const char *folder, struct firmware *firmware)
{
        firmware->folder = memory_text(folder);
        firmware->code_path = file_path(folder, FIRMWARE_CODE);
        firmware->vars_template_path = file_path(folder, FIRMWARE_VARS);
        firmware->code_sha256 = memory_text(firmware_file_named(firmware, FIRMWARE_CODE)->sha256);
        firmware->vars_template_sha256 = memory_text(firmware_file_named(firmware, FIRMWARE_VARS)->sha256);
        for (size_t i = 0; i < firmware->file_count; i++) {
                AUTO_FREE char *path = file_path(folder, firmware->files[i].name);
                firmware->files[i].allocated = file_allocated(path);
        }
}

bool provenance_read(const char *folder, struct firmware *firmware, struct error *err)
{
        AUTO_FREE char *path = file_path(folder, FILE_NAME);
        AUTO_BUFFER struct buffer buffer = {0};
        if (!file_read(path, PROVENANCE_LIMIT, &buffer, err))
                return false;
        json_error_t problem;
        json_t *json = json_loadb((const char *)buffer.data, buffer.size, 0, &problem);
        if (!json)
                return error_set(err, ERROR_DAMAGED, "%s: line %d: %s", path, problem.line, problem.text);
        bool read = firmware_from_json(path, json, firmware, err);
        json_decref(json);
        if (read)
                locate(folder, firmware);
        else
                firmware_free(firmware);
        return read;
}

// ---- checking

typedef bool hasher(const char *path, struct digest *digest, struct error *err);

static bool check_file(const char *folder, const struct firmware_file *file, hasher *hash, struct error *err)
{
        AUTO_FREE char *path = file_path(folder, file->name);
        struct stat status;
        if (stat(path, &status) != 0)
                return error_set(err, ERROR_DAMAGED, "%s is missing", path);
        if ((uint64_t)status.st_size != file->size)
                return error_set(err, ERROR_DAMAGED, "%s has %" PRIu64 " bytes; firmware.json has %" PRIu64, path,
                                 (uint64_t)status.st_size, file->size);
        struct digest digest;
        if (!hash(path, &digest, err))
                return false;
        AUTO_FREE char *hex = digest_hex(&digest);
        return strcmp(hex, file->sha256) == 0 ||
               error_set(err, ERROR_DAMAGED, "%s has the SHA-256 %s; firmware.json has %s", path, hex, file->sha256);
}

bool provenance_check(const struct firmware *firmware, bool essential, struct error *err)
{
        for (size_t i = 0; i < firmware->file_count; i++) {
                const char *name = firmware->files[i].name;
                bool needed = strcmp(name, FIRMWARE_CODE) == 0 || strcmp(name, FIRMWARE_VARS) == 0;
                hasher *hash = essential ? digest_remembered : digest_file;
                if ((needed || !essential) && !check_file(firmware->folder, &firmware->files[i], hash, err))
                        return false;
        }
        return true;
}
