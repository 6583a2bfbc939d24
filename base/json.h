// SPDX-License-Identifier: Apache-2.0
//
// JSON, by jansson: what it leaves to be written again and again.
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/arguments.h"
#include "base/error.h"

// The text that OBJECT has under KEY, which belongs to it; NULL if it has none.
const char *json_text(const json_t *object, const char *key);

// TEXT, which must be valid UTF-8, as JSON; null if it is NULL.
json_t *json_text_or_null(const char *text);

json_t *json_texts(const struct arguments *list);

// JSON with an indentation of INDENT columns and a final newline; freed with free().
char *json_lines(const json_t *json, size_t indent);

// Replaces the file at PATH by that; see file_replace.
bool json_write(const char *path, mode_t mode, const json_t *json, size_t indent, struct error *err);
