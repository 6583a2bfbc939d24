// SPDX-License-Identifier: Apache-2.0
#include "varstore/interchange.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

enum {
        VERSION_NUMBER = 2,
        GUID_LENGTH = 36,     // of its text
        FILE_LIMIT = 1 << 20, // bytes of a variable's file; no store has room for more
        FILE_MODE = 0644,
};

// Both forms write GUIDs in lower case.
static void guid_lower(struct guid guid, char text[GUID_LENGTH + 1])
{
        guid_text(guid, text);
        for (char *at = text; *at; at++)
                *at = (char)(*at >= 'A' && *at <= 'F' ? *at - 'A' + 'a' : *at);
}

// Adds an edit that sets the variable NAME; NULL, with nothing added, if it is volatile.
static struct edit *add_variable(struct edits *edits, size_t *volatile_count, const char *name, struct guid vendor,
                                 uint32_t attributes)
{
        if (!(attributes & EFI_VARIABLE_NON_VOLATILE)) {
                ++*volatile_count;
                return NULL;
        }
        struct edit *edit = edits_add(edits, EDIT_SET);
        edit->name = memory_text(name);
        edit->has_vendor = true;
        edit->vendor = vendor;
        edit->has_attributes = true;
        edit->attributes = attributes;
        return edit;
}

// ---- JSON ----

static json_t *variable_json(const struct variable *variable)
{
        char guid[GUID_LENGTH + 1];
        guid_lower(variable->vendor, guid);
        AUTO_FREE char *data = text_hex(variable->data);
        json_t *json = json_pack("{s:s, s:s, s:I, s:s}", "name", variable->name, "guid", guid, "attr",
                                 (json_int_t)variable->attributes, "data", data);
        if (variable->attributes & EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS) {
                AUTO_FREE char *time = text_hex((struct bytes){variable->time, sizeof variable->time});
                json_object_set_new(json, "time", json_string(time));
        }
        return json;
}

json_t *interchange_json(const struct varstore *store)
{
        json_t *variables = json_array();
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));)
                json_array_append_new(variables, variable_json(variable));
        return json_pack("{s:i, s:o}", "version", VERSION_NUMBER, "variables", variables);
}

static bool read_hex(const json_t *json, struct buffer *buffer)
{
        return json_is_string(json) && text_parse_hex(json_string_value(json), buffer);
}

static bool read_time(const json_t *json, struct edit *edit, struct error *err)
{
        AUTO_BUFFER struct buffer time = {0};
        if (!json || json_is_null(json) || !(edit->attributes & EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS))
                return true;
        if (!read_hex(json, &time) || time.size != sizeof edit->time)
                return error_set(err, ERROR_DAMAGED, "'time' is not the 32 hexadecimal digits of an EFI_TIME");
        memcpy(edit->time, time.data, sizeof edit->time);
        edit->has_time = true;
        return true;
}

static bool read_variable(const json_t *json, struct edits *edits, size_t *volatile_count, struct error *err)
{
        const char *name = json_string_value(json_object_get(json, "name"));
        const char *spelled = json_string_value(json_object_get(json, "guid"));
        const json_t *attributes = json_object_get(json, "attr");
        struct guid vendor;
        if (!name || !*name)
                return error_set(err, ERROR_DAMAGED, "'name' is not a non-empty string");
        if (!spelled || !guid_parse(spelled, &vendor))
                return error_set(err, ERROR_DAMAGED, "'guid' is not a GUID");
        if (!json_is_integer(attributes) || json_integer_value(attributes) < 0 ||
            json_integer_value(attributes) > UINT32_MAX)
                return error_set(err, ERROR_DAMAGED, "'attr' is not a number from 0 to 4294967295");
        struct edit *edit = add_variable(edits, volatile_count, name, vendor, (uint32_t)json_integer_value(attributes));
        if (!edit)
                return true;
        if (!read_hex(json_object_get(json, "data"), &edit->data) || !edit->data.size)
                return error_set(err, ERROR_DAMAGED,
                                 "'data' is not an even number of hexadecimal digits, at least two");
        return read_time(json_object_get(json, "time"), edit, err);
}

// An edit among those that set variables.
struct setting {
        const struct edit *edit;
};

static int compare_settings(const void *left, const void *right)
{
        const struct edit *a = ((const struct setting *)left)->edit;
        const struct edit *b = ((const struct setting *)right)->edit;
        int order = strcmp(a->name, b->name);
        return order ? order : memcmp(a->vendor.bytes, b->vendor.bytes, sizeof a->vendor.bytes);
}

// Two values for one variable are ambiguous.
static bool refuse_twins(const struct edits *edits, size_t first, struct error *err)
{
        size_t count = edits->count - first;
        AUTO_FREE struct setting *settings = memory_new(count, sizeof *settings);
        for (size_t i = 0; i < count; i++)
                settings[i].edit = &edits->items[first + i];
        qsort(settings, count, sizeof *settings, compare_settings);
        for (size_t i = 1; i < count; i++) {
                if (compare_settings(&settings[i - 1], &settings[i]) != 0)
                        continue;
                const char *name = settings[i].edit->name;
                AUTO_FREE char *shown = text_printable(name, strlen(name), false);
                return error_set(err, ERROR_DAMAGED, "the variable %s appears twice", shown);
        }
        return true;
}

static bool read_variables(const json_t *variables, struct edits *edits, size_t *volatile_count, struct error *err)
{
        size_t first = edits->count;
        for (size_t i = 0; i < json_array_size(variables); i++) {
                const json_t *variable = json_array_get(variables, i);
                if (read_variable(variable, edits, volatile_count, err))
                        continue;
                const char *name = json_string_value(json_object_get(variable, "name"));
                AUTO_FREE char *shown = text_printable(name ? name : "", name ? strlen(name) : 0, false);
                return error_wrap(err, "variables[%zu] \"%s\"", i, shown);
        }
        return refuse_twins(edits, first, err);
}

static bool read_store(const json_t *json, struct edits *edits, size_t *volatile_count, struct error *err)
{
        const json_t *version = json_object_get(json, "version");
        const json_t *variables = json_object_get(json, "variables");
        if (!json_is_array(variables))
                return error_set(err, ERROR_DAMAGED, "no list 'variables'; this is not the JSON of a variable store");
        if (version && json_integer_value(version) != VERSION_NUMBER)
                return error_set(err, ERROR_DAMAGED, "'version' is not 2, the only supported one");
        return read_variables(variables, edits, volatile_count, err);
}

bool interchange_read_json(struct bytes text, struct edits *edits, size_t *volatile_count, struct error *err)
{
        json_error_t problem;
        *volatile_count = 0;
        json_t *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &problem);
        if (!json) {
                AUTO_FREE char *shown = text_printable(problem.text, strlen(problem.text), false);
                return error_set(err, ERROR_DAMAGED, "line %d: not JSON: %s", problem.line, shown);
        }
        bool read = read_store(json, edits, volatile_count, err);
        json_decref(json);
        return read;
}

// ---- efivarfs ----

bool interchange_file_name(const char *file, size_t *name_length, struct guid *vendor)
{
        struct guid guid;
        size_t length = strlen(file);
        if (length < GUID_LENGTH + 2 || file[length - GUID_LENGTH - 1] != '-' ||
            !guid_parse(file + length - GUID_LENGTH, &guid))
                return false;
        *name_length = length - GUID_LENGTH - 1;
        if (vendor)
                *vendor = guid;
        return true;
}

static char *variable_path(const struct variable *variable, const char *folder)
{
        char guid[GUID_LENGTH + 1];
        guid_lower(variable->vendor, guid);
        AUTO_FREE char *name = text_format("%s-%s", variable->name, guid);
        for (char *slash = name; (slash = strchr(slash, '/'));)
                *slash = '!';
        return file_path(folder, name);
}

static bool write_new(const char *path, struct bytes bytes, struct error *err)
{
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
        if (fd < 0)
                return error_system(err, "%s: cannot create", path);
        return descriptor_write(fd, bytes) || error_system(err, "%s: cannot write", path);
}

bool interchange_write_folder(const struct varstore *store, const char *folder, struct error *err)
{
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));) {
                AUTO_FREE char *path = variable_path(variable, folder);
                AUTO_BUFFER struct buffer content = {0};
                buffer_add_u32(&content, variable->attributes);
                buffer_add_bytes(&content, variable->data);
                if (!write_new(path, buffer_view(&content), err))
                        return false;
        }
        return true;
}

static bool read_content(const char *path, struct buffer *content, struct error *err)
{
        struct stat status;
        if (stat(path, &status) != 0)
                return error_system(err, "%s: cannot examine", path);
        if (!S_ISREG(status.st_mode))
                return error_set(err, ERROR_DAMAGED, "%s: not a regular file", path);
        if (!file_read(path, FILE_LIMIT, content, err))
                return false;
        return content->size > sizeof(uint32_t) ||
               error_set(err, ERROR_DAMAGED, "%s: %zu bytes, too few for attributes and data", path, content->size);
}

static bool read_file(const char *folder, const char *file, struct edits *edits, size_t *volatile_count,
                      struct error *err)
{
        AUTO_FREE char *path = file_path(folder, file);
        AUTO_BUFFER struct buffer content = {0};
        struct guid vendor;
        size_t length;
        if (!interchange_file_name(file, &length, &vendor))
                return error_set(err, ERROR_DAMAGED, "%s: the file name is not NAME-GUID, as for a variable", path);
        if (!read_content(path, &content, err))
                return false;
        AUTO_FREE char *name = text_format("%.*s", (int)length, file);
        struct cursor cursor = cursor_at(buffer_view(&content), 0);
        struct edit *edit = add_variable(edits, volatile_count, name, vendor, cursor_u32(&cursor));
        if (edit)
                buffer_add_bytes(&edit->data, cursor_bytes(&cursor, cursor_left(&cursor)));
        return true;
}

bool interchange_read_folder(const char *folder, struct edits *edits, size_t *volatile_count, struct error *err)
{
        AUTO_ARGUMENTS struct arguments names = {0};
        size_t first = edits->count;
        *volatile_count = 0;
        if (!folder_names(folder, &names, err))
                return false;
        for (size_t i = 0; i < names.count; i++) {
                if (!read_file(folder, names.values[i], edits, volatile_count, err))
                        return false;
        }
        return refuse_twins(edits, first, err) || error_wrap(err, "%s", folder);
}
