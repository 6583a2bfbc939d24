// SPDX-License-Identifier: Apache-2.0
#include "base/yaml-file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "base/bytes.h"
#include "base/cli.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"

enum {
        FILE_LIMIT = 256 << 10, // bytes; a person wrote it
        NAMES_LIMIT = 64,       // fields of a mapping
        DEPTH_LIMIT = 32,       // of nested lists and mappings; libyaml gets slow with deep ones
};

struct yaml_file {
        char *path;
        struct buffer content;
        yaml_document_t document;
        bool has_document;
        void **blocks; // the memory of the lists
        size_t block_count;
        unsigned line; // of the mistake
};

void yaml_file_free(struct yaml_file **yaml_pointer)
{
        struct yaml_file *yaml = *yaml_pointer;
        if (!yaml)
                return;
        if (yaml->has_document)
                yaml_document_delete(&yaml->document);
        for (size_t i = 0; i < yaml->block_count; i++)
                free(yaml->blocks[i]);
        free(yaml->blocks);
        buffer_free(&yaml->content);
        free(yaml->path);
        free(yaml);
        *yaml_pointer = NULL;
}

bool yaml_file_refuse(const struct yaml_file *yaml, unsigned line, struct error *err, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *message = text_format_list(format, arguments);
        va_end(arguments);
        AUTO_FREE char *printable = text_printable(message, strlen(message), false);
        error_set(err, ERROR_DAMAGED, "%s", printable);
        return line ? error_wrap(err, "%s:%u", yaml->path, line) : error_wrap(err, "%s", yaml->path);
}

// Parsing.

static unsigned line_at(const struct yaml_file *yaml, size_t offset)
{
        unsigned line = 1;
        for (size_t i = 0; i < offset && i < yaml->content.size; i++)
                line += yaml->content.data[i] == '\n';
        return line;
}

// libyaml calls a tab "character that cannot start any token".
static bool begins_with_tab(const struct yaml_file *yaml, const yaml_mark_t *mark)
{
        size_t at = mark->index - mark->column;
        for (; at < yaml->content.size && yaml->content.data[at] == ' '; at++)
                ;
        return at < yaml->content.size && yaml->content.data[at] == '\t';
}

static bool refuse_syntax(const struct yaml_file *yaml, const yaml_parser_t *parser, struct error *err)
{
        const char *problem = parser->problem ? parser->problem : "cannot be read";
        if (parser->error == YAML_READER_ERROR)
                return yaml_file_refuse(yaml, line_at(yaml, parser->problem_offset), err, "is not UTF-8 text: %s",
                                        problem);
        unsigned line = (unsigned)parser->problem_mark.line + 1;
        if (parser->error == YAML_SCANNER_ERROR && begins_with_tab(yaml, &parser->problem_mark))
                return yaml_file_refuse(yaml, line, err, "a tab; indent YAML with spaces");
        if (!parser->context)
                return yaml_file_refuse(yaml, line, err, "is not YAML: %s", problem);
        return yaml_file_refuse(yaml, line, err, "is not YAML: %s, %s (line %zu)", problem, parser->context,
                                parser->context_mark.line + 1);
}

static bool has_one_document(struct yaml_file *yaml, yaml_parser_t *parser, struct error *err)
{
        if (!yaml_parser_load(parser, &yaml->document))
                return refuse_syntax(yaml, parser, err);
        yaml->has_document = true;
        if (!yaml_document_get_root_node(&yaml->document))
                return yaml_file_refuse(yaml, 1, err, "is empty");
        yaml_document_t second;
        if (!yaml_parser_load(parser, &second))
                return refuse_syntax(yaml, parser, err);
        const yaml_node_t *root = yaml_document_get_root_node(&second);
        unsigned line = (unsigned)second.start_mark.line + 1;
        yaml_document_delete(&second);
        return !root || yaml_file_refuse(yaml, line, err, "a second document begins; only one is allowed");
}

static bool is_shallow(struct yaml_file *yaml, yaml_parser_t *parser, struct error *err)
{
        int depth = 0;
        for (bool ended = false; !ended;) {
                yaml_event_t event;
                if (!yaml_parser_parse(parser, &event))
                        return refuse_syntax(yaml, parser, err);
                unsigned line = (unsigned)event.start_mark.line + 1;
                depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
                depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
                ended = event.type == YAML_STREAM_END_EVENT;
                yaml_event_delete(&event);
                if (depth > DEPTH_LIMIT)
                        return yaml_file_refuse(yaml, line, err, "more than %d nested lists and mappings", DEPTH_LIMIT);
        }
        return true;
}

static bool with_parser(struct yaml_file *yaml, struct bytes text,
                        bool (*work)(struct yaml_file *, yaml_parser_t *, struct error *), struct error *err)
{
        yaml_parser_t parser;
        if (!yaml_parser_initialize(&parser))
                return error_set(err, ERROR_ENVIRONMENT, "%s: not enough memory to read it", yaml->path);
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, text.data, text.size);
        bool worked = work(yaml, &parser, err);
        yaml_parser_delete(&parser);
        return worked;
}

static bool parse(struct yaml_file *yaml, struct error *err)
{
        // The byte order mark of some editors; libyaml accepts it only if it detects the encoding.
        static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
        struct bytes text = buffer_view(&yaml->content);
        if (text.size >= sizeof mark && memcmp(text.data, mark, sizeof mark) == 0)
                text = (struct bytes){text.data + sizeof mark, text.size - sizeof mark};
        if (!text.size)
                return yaml_file_refuse(yaml, 1, err, "is empty");
        return with_parser(yaml, text, is_shallow, err) && with_parser(yaml, text, has_one_document, err);
}

struct yaml_file *yaml_file_read(const char *path, struct error *err)
{
        struct stat status;
        AUTO_YAML_FILE struct yaml_file *yaml = memory_new(1, sizeof *yaml);
        yaml->path = memory_text(path);
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
                yaml_file_refuse(yaml, 0, err, "is a folder, not a file");
                return NULL;
        }
        if (!file_read(path, FILE_LIMIT, &yaml->content, err) || !parse(yaml, err))
                return NULL;
        return MEMORY_TAKE(yaml);
}

struct yaml_file *yaml_file_parse(const char *path, struct bytes text, struct error *err)
{
        AUTO_YAML_FILE struct yaml_file *yaml = memory_new(1, sizeof *yaml);
        yaml->path = memory_text(path);
        buffer_add_bytes(&yaml->content, text);
        return parse(yaml, err) ? MEMORY_TAKE(yaml) : NULL;
}

struct bytes yaml_file_text(const struct yaml_file *yaml)
{
        return buffer_view(&yaml->content);
}

// Filling. The function that finds a mistake sets the message and its line; every caller prepends its name.

static bool complain(struct yaml_file *yaml, const yaml_node_t *node, struct error *err, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
static bool complain(struct yaml_file *yaml, const yaml_node_t *node, struct error *err, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        AUTO_FREE char *message = text_format_list(format, arguments);
        va_end(arguments);
        yaml->line = (unsigned)node->start_mark.line + 1;
        return error_set(err, ERROR_DAMAGED, "%s", message);
}

static yaml_node_t *node_at(struct yaml_file *yaml, int index)
{
        return yaml_document_get_node(&yaml->document, index);
}

static const char *kind_of(const yaml_node_t *node)
{
        static const char *const kinds[] = {
                [YAML_SCALAR_NODE] = "a single value",
                [YAML_SEQUENCE_NODE] = "a list",
                [YAML_MAPPING_NODE] = "a mapping",
        };
        return kinds[node->type];
}

static bool expect(struct yaml_file *yaml, const yaml_node_t *node, yaml_node_type_t type, const char *wanted,
                   struct error *err)
{
        return node->type == type || complain(yaml, node, err, "expected %s, not %s", wanted, kind_of(node));
}

static const char *scalar(const yaml_node_t *node)
{
        return (const char *)node->data.scalar.value;
}

static bool is_plain(const yaml_node_t *node)
{
        return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool take_text(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_field *field,
                      const char **text, struct error *err)
{
        if (!expect(yaml, node, YAML_SCALAR_NODE, "a text", err))
                return false;
        size_t length = node->data.scalar.length;
        if (!length || (is_plain(node) && strcmp(scalar(node), "~") == 0))
                return complain(yaml, node, err, "is empty");
        if (strlen(scalar(node)) != length)
                return complain(yaml, node, err, "contains a NUL character");
        if (field->most && length > field->most)
                return complain(yaml, node, err, "is longer than %" PRIu32 " characters", field->most);
        *text = scalar(node);
        return true;
}

static bool take_number(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_field *field,
                        uint32_t *number, struct error *err)
{
        uint64_t value;
        if (!expect(yaml, node, YAML_SCALAR_NODE, "a number", err))
                return false;
        if (!is_plain(node) || strlen(scalar(node)) != node->data.scalar.length ||
            !text_parse_number(scalar(node), &value))
                return complain(yaml, node, err, "expected a whole number, not '%s'", scalar(node));
        if (value < field->least || value > field->most)
                return complain(yaml, node, err, "%" PRIu64 " is out of range (expected %" PRIu32 " to %" PRIu32 ")",
                                value, field->least, field->most);
        *number = (uint32_t)value;
        return true;
}

static bool take_word(struct yaml_file *yaml, const yaml_node_t *node, const char *const *words, unsigned *place,
                      struct error *err)
{
        AUTO_TEXT struct text all = {0};
        for (size_t i = 0; words[i]; i++)
                text_add_format(&all, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
        if (!expect(yaml, node, YAML_SCALAR_NODE, text_string(&all), err))
                return false;
        for (unsigned i = 0; words[i]; i++) {
                if (strcmp(words[i], scalar(node)) == 0) {
                        *place = i;
                        return true;
                }
        }
        return complain(yaml, node, err, "expected %s, not '%s'", text_string(&all), scalar(node));
}

// A zeroed block, freed with YAML.
static void *block(struct yaml_file *yaml, size_t count, size_t size)
{
        void **block = MEMORY_ADD(yaml->blocks, yaml->block_count);
        return *block = memory_new(count + 1, size);
}

static size_t item_count(const yaml_node_t *node)
{
        return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static bool expect_list(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_field *field,
                        struct error *err)
{
        if (!expect(yaml, node, YAML_SEQUENCE_NODE, "a list", err))
                return false;
        if (item_count(node) < field->least)
                return complain(yaml, node, err, "the list is empty");
        return !field->most || item_count(node) <= field->most ||
               complain(yaml, node, err, "the list is longer than %" PRIu32, field->most);
}

static bool take_texts(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_field *field, uint8_t *target,
                       struct error *err)
{
        static const struct yaml_field item = {.most = 4096};
        bool alone = field->kind == YAML_ONE_TEXT && node->type == YAML_SCALAR_NODE;
        if (!alone && !expect_list(yaml, node, field, err))
                return false;
        size_t count = alone ? 1 : item_count(node);
        const char **texts = block(yaml, count, sizeof *texts);
        for (size_t i = 0; i < count; i++) {
                const yaml_node_t *text = alone ? node : node_at(yaml, node->data.sequence.items.start[i]);
                if (!take_text(yaml, text, &item, &texts[i], err))
                        return false;
        }
        *(const char *const **)(target + field->offset) = texts;
        *(size_t *)(target + field->count_offset) = count;
        return true;
}

static bool take_mapping(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_mapping *mapping,
                         uint8_t *target, struct error *err);

// Prepends the item's name in messages to ERR: its first field, or else its place.
static bool wrap_item(struct yaml_file *yaml, const yaml_node_t *node, size_t place, const struct yaml_field *first,
                      struct error *err)
{
        const char *name = NULL;
        if (node->type == YAML_MAPPING_NODE && first->kind == YAML_TEXT) {
                const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
                for (; pair < node->data.mapping.pairs.top; pair++) {
                        const yaml_node_t *key = node_at(yaml, pair->key);
                        const yaml_node_t *value = node_at(yaml, pair->value);
                        if (key->type == YAML_SCALAR_NODE && value->type == YAML_SCALAR_NODE &&
                            strcmp(scalar(key), first->name) == 0)
                                name = scalar(value);
                }
        }
        return name ? error_wrap(err, "%s", name) : error_wrap(err, "number %zu", place + 1);
}

static bool take_mappings(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_field *field,
                          uint8_t *target, struct error *err)
{
        if (!expect_list(yaml, node, field, err))
                return false;
        size_t count = item_count(node);
        uint8_t *items = block(yaml, count, field->mapping->size);
        for (size_t i = 0; i < count; i++) {
                const yaml_node_t *item = node_at(yaml, node->data.sequence.items.start[i]);
                if (!take_mapping(yaml, item, field->mapping, items + i * field->mapping->size, err))
                        return wrap_item(yaml, item, i, field->mapping->fields, err);
        }
        *(void **)(target + field->offset) = items;
        *(size_t *)(target + field->count_offset) = count;
        return true;
}

static bool take_value(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_field *field, uint8_t *target,
                       struct error *err)
{
        static const char *const truths[] = {"false", "true", NULL};
        uint8_t *value = target + field->offset;
        unsigned truth = 0;
        switch (field->kind) {
        case YAML_TEXT:
                return take_text(yaml, node, field, (const char **)value, err);
        case YAML_TEXTS:
        case YAML_ONE_TEXT:
                return take_texts(yaml, node, field, target, err);
        case YAML_NUMBER:
                return take_number(yaml, node, field, (uint32_t *)value, err);
        case YAML_FLAG:
                if (!take_word(yaml, node, truths, &truth, err))
                        return false;
                *(bool *)value = truth;
                return true;
        case YAML_WORD:
                return take_word(yaml, node, field->words, (unsigned *)value, err);
        case YAML_MAPPING:
                return take_mapping(yaml, node, field->mapping, value, err);
        case YAML_MAPPINGS:
                return take_mappings(yaml, node, field, target, err);
        }
        return false;
}

static const struct yaml_field *find_field(const struct yaml_field *fields, const char *name)
{
        for (; fields->name; fields++) {
                if (strcmp(fields->name, name) == 0)
                        return fields;
        }
        return NULL;
}

static bool refuse_key(struct yaml_file *yaml, const yaml_node_t *key, const struct yaml_field *fields,
                       struct error *err)
{
        const char *names[NAMES_LIMIT + 1] = {0};
        for (size_t i = 0; i < NAMES_LIMIT && fields[i].name; i++)
                names[i] = fields[i].name;
        const char *nearest = spelling_nearest(scalar(key), names);
        complain(yaml, key, err, "unknown key '%s'", scalar(key));
        return nearest && error_append(err, "; did you mean '%s'?", nearest);
}

static bool take_mapping(struct yaml_file *yaml, const yaml_node_t *node, const struct yaml_mapping *mapping,
                         uint8_t *target, struct error *err)
{
        const struct yaml_field *fields = mapping->fields;
        bool seen[NAMES_LIMIT] = {0};
        if (!expect(yaml, node, YAML_MAPPING_NODE, "a mapping", err))
                return false;
        if (mapping->line_offset)
                *(unsigned *)(target + mapping->line_offset) = (unsigned)node->start_mark.line + 1;
        const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
        for (; pair < node->data.mapping.pairs.top; pair++) {
                const yaml_node_t *key = node_at(yaml, pair->key);
                if (!expect(yaml, key, YAML_SCALAR_NODE, "a key", err))
                        return false;
                const struct yaml_field *field = find_field(fields, scalar(key));
                if (!field)
                        return refuse_key(yaml, key, fields, err);
                if (seen[field - fields])
                        return complain(yaml, key, err, "duplicate key '%s'", field->name);
                seen[field - fields] = true;
                if (!take_value(yaml, node_at(yaml, pair->value), field, target, err))
                        return error_wrap(err, "%s", field->name);
        }
        for (size_t i = 0; fields[i].name; i++) {
                if (fields[i].required && !seen[i])
                        return complain(yaml, node, err, "the key '%s' is missing", fields[i].name);
        }
        return true;
}

bool yaml_file_fill(struct yaml_file *yaml, const struct yaml_mapping *mapping, void *target, struct error *err)
{
        AUTO_ERROR struct error mistake = {0};
        const yaml_node_t *root = yaml_document_get_root_node(&yaml->document);
        return take_mapping(yaml, root, mapping, target, &mistake) ||
               yaml_file_refuse(yaml, yaml->line, err, "%s", mistake.message);
}

unsigned yaml_file_line(const struct yaml_file *yaml, const void *value)
{
        const yaml_node_t *node = yaml->document.nodes.start;
        for (; node < yaml->document.nodes.top; node++) {
                if (node->type == YAML_SCALAR_NODE && node->data.scalar.value == value)
                        return (unsigned)node->start_mark.line + 1;
        }
        return 0;
}
