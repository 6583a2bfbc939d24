// SPDX-License-Identifier: Apache-2.0
#include "fw/descriptors.h"

#include <fnmatch.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        DESCRIPTOR_LIMIT = 1 << 20, // bytes
};

void descriptor_free(struct descriptor *descriptor)
{
        free(descriptor->path);
        free(descriptor->description);
        free(descriptor->code_path);
        free(descriptor->vars_template_path);
        *descriptor = (struct descriptor){0};
}

// ---- which files count

struct candidate {
        char *name; // "60-edk2-aarch64.json"
        char *path;
};

struct candidates {
        struct candidate *entries;
        size_t count;
};

static void candidates_free(struct candidates *candidates)
{
        for (size_t i = 0; i < candidates->count; i++) {
                free(candidates->entries[i].name);
                free(candidates->entries[i].path);
        }
        free(candidates->entries);
}

static bool candidates_have(const struct candidates *candidates, const char *name)
{
        for (size_t i = 0; i < candidates->count; i++) {
                if (strcmp(candidates->entries[i].name, name) == 0)
                        return true;
        }
        return false;
}

// Adds the descriptors in FOLDER that no earlier file hides. A missing folder has none.
static void candidates_add(struct candidates *candidates, const char *folder)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        folder_names(folder, &names, NULL);
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.values[i];
                if (text_ends_with(name, ".json") && *name != '.' && !candidates_have(candidates, name))
                        *MEMORY_ADD(candidates->entries, candidates->count) =
                                (struct candidate){memory_text(name), file_path(folder, name)};
        }
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(((const struct candidate *)a)->name, ((const struct candidate *)b)->name);
}

// ---- what one says

static bool array_has(const json_t *array, const char *text)
{
        size_t i;
        const json_t *value;
        json_array_foreach (array, i, value) {
                if (json_is_string(value) && strcmp(json_string_value(value), text) == 0)
                        return true;
        }
        return false;
}

// Machines are named by version ("virt-7.2") and in descriptors by patterns ("virt-*").
static bool is_for_virt(const json_t *machines)
{
        size_t i;
        const json_t *value;
        json_array_foreach (machines, i, value) {
                const char *pattern = json_string_value(value);
                if (pattern && (fnmatch(pattern, "virt", 0) == 0 || text_starts_with(pattern, "virt-")))
                        return true;
        }
        return false;
}

static bool is_for_aarch64(const json_t *json)
{
        size_t i;
        const json_t *target;
        json_array_foreach (json_object_get(json, "targets"), i, target) {
                const char *architecture = json_string_value(json_object_get(target, "architecture"));
                if (architecture && strcmp(architecture, "aarch64") == 0 &&
                    is_for_virt(json_object_get(target, "machines")))
                        return true;
        }
        return false;
}

static bool text_is(const json_t *object, const char *key, const char *value)
{
        const char *text = json_string_value(json_object_get(object, key));
        return text && strcmp(text, value) == 0;
}

// Why the firmware that JSON describes is not usable; NULL if it is.
static const char *objection(const json_t *json)
{
        const json_t *mapping = json_object_get(json, "mapping");
        const json_t *code = json_object_get(mapping, "executable");
        const json_t *vars = json_object_get(mapping, "nvram-template");
        const char *code_path = json_string_value(json_object_get(code, "filename"));
        const char *vars_path = json_string_value(json_object_get(vars, "filename"));
        if (!array_has(json_object_get(json, "interface-types"), "uefi"))
                return "is not UEFI firmware";
        if (!text_is(mapping, "device", "flash") ||
            (json_object_get(mapping, "mode") && !text_is(mapping, "mode", "split")))
                return "does not use two flash banks";
        if (!code_path || !vars_path || *code_path != '/' || *vars_path != '/')
                return "does not name code and a variable template";
        if (!text_is(code, "format", "raw") || !text_is(vars, "format", "raw"))
                return "is not in raw format";
        if (array_has(json_object_get(json, "features"), "enrolled-keys"))
                return "has Secure Boot keys enrolled";
        if (access(code_path, R_OK) != 0)
                return "its code file is missing";
        if (access(vars_path, R_OK) != 0)
                return "its variable template is missing";
        return NULL;
}

static struct descriptor descriptor_take(const char *path, const json_t *json)
{
        const json_t *mapping = json_object_get(json, "mapping");
        const char *description = json_string_value(json_object_get(json, "description"));
        return (struct descriptor){
                .path = memory_text(path),
                .description = memory_text(description ? description : ""),
                .code_path = memory_text(
                        json_string_value(json_object_get(json_object_get(mapping, "executable"), "filename"))),
                .vars_template_path = memory_text(
                        json_string_value(json_object_get(json_object_get(mapping, "nvram-template"), "filename"))),
                .secure_boot = array_has(json_object_get(json, "features"), "secure-boot"),
        };
}

static void note_reason(struct text *reasons, const char *path, const char *reason)
{
        text_add_format(reasons, "\n  %s %s", path, reason);
}

// Reads the descriptor at PATH into DESCRIPTOR. False if it is not usable; the reason is added to REASONS unless it is
// for another machine, or empty.
static bool descriptor_read(const char *path, struct descriptor *descriptor, struct text *reasons)
{
        AUTO_BUFFER struct buffer buffer = {0};
        AUTO_ERROR struct error unreadable = {0};
        if (!file_read(path, DESCRIPTOR_LIMIT, &buffer, &unreadable)) {
                note_reason(reasons, path, "cannot be read");
                return false;
        }
        if (!buffer.size)
                return false;
        json_t *json = json_loadb((const char *)buffer.data, buffer.size, 0, NULL);
        if (!json) {
                note_reason(reasons, path, "is not JSON");
                return false;
        }
        const char *reason = is_for_aarch64(json) ? objection(json) : "";
        if (!reason)
                *descriptor = descriptor_take(path, json);
        else if (*reason)
                note_reason(reasons, path, reason);
        json_decref(json);
        return !reason;
}

static void descriptor_move(struct descriptor *target, struct descriptor *source)
{
        descriptor_free(target);
        *target = *source;
        *source = (struct descriptor){0};
}

static bool candidates_choose(const struct candidates *candidates, struct descriptor *descriptor, struct error *err)
{
        AUTO_TEXT struct text reasons = {0};
        AUTO_DESCRIPTOR struct descriptor secure = {0};
        for (size_t i = 0; i < candidates->count; i++) {
                AUTO_DESCRIPTOR struct descriptor found = {0};
                if (!descriptor_read(candidates->entries[i].path, &found, &reasons))
                        continue;
                if (!found.secure_boot) {
                        descriptor_move(descriptor, &found);
                        return true;
                }
                if (!secure.path)
                        descriptor_move(&secure, &found);
        }
        descriptor_move(descriptor, &secure);
        return descriptor->path ||
               error_set(err, ERROR_ENVIRONMENT, "QEMU's firmware descriptors name no usable firmware for aarch64%s%s",
                         reasons.length ? ":" : "", text_string(&reasons));
}

bool descriptors_find_in(const char *const *folders, struct descriptor *descriptor, struct error *err)
{
        *descriptor = (struct descriptor){0};
        struct candidates candidates = {0};
        for (; *folders; folders++)
                candidates_add(&candidates, *folders);
        if (candidates.count)
                qsort(candidates.entries, candidates.count, sizeof *candidates.entries, compare_names);
        bool found = candidates_choose(&candidates, descriptor, err);
        candidates_free(&candidates);
        return found;
}

static char *user_folder(void)
{
        const char *config = getenv("XDG_CONFIG_HOME");
        const char *home = getenv("HOME");
        if (config && *config)
                return file_path(config, "qemu/firmware");
        return home && *home ? file_path(home, ".config/qemu/firmware") : NULL;
}

bool descriptors_find(struct descriptor *descriptor, struct error *err)
{
        AUTO_FREE char *user = user_folder();
        const char *folders[4] = {0};
        size_t count = 0;
        if (user)
                folders[count++] = user;
        folders[count++] = "/etc/qemu/firmware";
        folders[count] = "/usr/share/qemu/firmware";
        return descriptors_find_in(folders, descriptor, err);
}
