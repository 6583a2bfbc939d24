// SPDX-License-Identifier: Apache-2.0
//
// YAML files, read into structs by a table, with the line of every mistake.
//
// libyaml parses; the schema is data: a mapping is a table of fields, and a field has the kind of its value, its place
// in the struct, and its limits. An unknown name is an error, which suggests the nearest known one. Anchors and aliases
// work, merge keys (`<<`) do not. Source: YAML 1.1, as libyaml reads it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum yaml_kind {
        YAML_TEXT,     // const char *: one value, not empty
        YAML_TEXTS,    // const char *const *: a list of them
        YAML_ONE_TEXT, // the same; a single text is a list of one
        YAML_NUMBER,   // uint32_t, decimal, from LEAST to MOST
        YAML_FLAG,     // bool: true or false
        YAML_WORD,     // an enum: one of WORDS, by its index
        YAML_MAPPING,  // a struct within this one
        YAML_MAPPINGS, // a list of structs
};

struct yaml_field {
        const char *name;
        enum yaml_kind kind;
        bool required;
        size_t offset;            // of the value in the struct
        size_t count_offset;      // of the size_t with a list's length
        uint32_t least, most;     // the value of a number, the length of a text in bytes or of a list; MOST 0: no limit
        const char *const *words; // ended by NULL
        const struct yaml_mapping *mapping; // the fields of a mapping, or of each one in a list
};

struct yaml_mapping {
        const struct yaml_field *fields; // ended by a row without a name; the first one names it in messages
        size_t size;                     // sizeof the struct
        size_t line_offset;              // of an unsigned with the line on which it begins; 0 for none
};

struct yaml_file;
#define AUTO_YAML_FILE __attribute__((cleanup(yaml_file_free)))

// Parses the file at PATH, which must have one document. NULL, with "PATH:LINE: ..." in ERR, if it is not YAML
// (ERROR_DAMAGED) or cannot be read.
struct yaml_file *yaml_file_read(const char *path, struct error *err);
void yaml_file_free(struct yaml_file **yaml);

// The same for TEXT, which is copied; PATH is its name in messages.
struct yaml_file *yaml_file_parse(const char *path, struct bytes text, struct error *err);

// The bytes that were read; they belong to YAML.
struct bytes yaml_file_text(const struct yaml_file *yaml);

// Fills TARGET, a zeroed struct, by the table; texts and lists belong to YAML. Fails with "PATH:LINE: FIELD: ...".
bool yaml_file_fill(struct yaml_file *yaml, const struct yaml_mapping *mapping, void *target, struct error *err);

// The line of a text in the file, by its address; 0 if it is not from the file.
unsigned yaml_file_line(const struct yaml_file *yaml, const void *value);

// Fills ERR with "PATH:LINE: message" (without the line if it is 0). Returns false.
bool yaml_file_refuse(const struct yaml_file *yaml, unsigned line, struct error *err, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
