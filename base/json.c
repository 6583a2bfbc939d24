// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

const char *json_text(const json_t *object, const char *key)
{
        return json_string_value(json_object_get(object, key));
}

json_t *json_text_or_null(const char *text)
{
        return text ? json_string(text) : json_null();
}

json_t *json_texts(const struct arguments *list)
{
        json_t *array = json_array();
        for (size_t i = 0; i < list->count; i++)
                json_array_append_new(array, json_string(list->values[i]));
        return array;
}

char *json_lines(const json_t *json, size_t indent)
{
        AUTO_FREE char *dumped = json_dumps(json, JSON_INDENT(indent));
        return text_format("%s\n", dumped);
}

bool json_write(const char *path, mode_t mode, const json_t *json, size_t indent, struct error *err)
{
        AUTO_FREE char *lines = json_lines(json, indent);
        return file_replace(path, mode, (struct bytes){(const uint8_t *)lines, strlen(lines)}, err);
}
