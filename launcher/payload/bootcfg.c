// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/bootcfg.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arguments.h"
#include "base/memory.h"
#include "base/text.h"

#define SEPARATOR "---"
#define BLANKS    " \t\r\v\f"

void bootcfg_free(struct bootcfg *bootcfg)
{
        free(bootcfg->title);
        free(bootcfg->build);
        free(bootcfg->prefix);
        free(bootcfg->kernel);
        free(bootcfg->kernelopt);
        arguments_free(&bootcfg->modules);
        *bootcfg = (struct bootcfg){0};
}

// ---- lines

// A line `key=value`, both trimmed. Offsets are from the start of the text.
struct line {
        struct bytes key, value;
        size_t value_at; // where the value begins, even if it is empty
        size_t number;   // from 1
};

struct reader {
        struct bytes text;
        size_t at, number;
};

static bool is_blank(uint8_t byte)
{
        return byte && strchr(BLANKS, byte);
}

static struct bytes trimmed(struct bytes view)
{
        while (view.size && is_blank(view.data[0]))
                view = bytes_from(view, 1);
        while (view.size && is_blank(view.data[view.size - 1]))
                view.size--;
        return view;
}

static size_t find_byte(struct bytes view, uint8_t byte)
{
        const uint8_t *found = view.size ? memchr(view.data, byte, view.size) : NULL;
        return found ? (size_t)(found - view.data) : view.size;
}

// The next line that has a key. False at the end.
static bool next_line(struct reader *reader, struct line *line)
{
        while (reader->at < reader->text.size) {
                struct bytes rest = bytes_from(reader->text, reader->at);
                struct bytes whole = {rest.data, find_byte(rest, '\n')};
                reader->at += whole.size + (whole.size < rest.size);
                reader->number++;
                size_t equals = find_byte(whole, '=');
                struct bytes key = trimmed((struct bytes){whole.data, equals});
                if (equals == whole.size || !key.size || key.data[0] == '#')
                        continue;
                struct bytes behind = bytes_from(whole, equals + 1);
                struct bytes value = trimmed(behind);
                const uint8_t *begin = value.size ? value.data : whole.data + equals + 1;
                *line = (struct line){key, value, (size_t)(begin - reader->text.data), reader->number};
                return true;
        }
        return false;
}

static bool is_key(const struct line *line, const char *key)
{
        return line->key.size == strlen(key) && strncasecmp((const char *)line->key.data, key, line->key.size) == 0;
}

// ---- reading

static char *repaired(struct bytes value)
{
        if (!value.size)
                return NULL;
        struct text text = {0};
        size_t taken = text_add_repaired(&text, (const char *)value.data, value.size);
        if (taken < value.size)
                text_add_utf8(&text, 0xFFFD);
        return text_take(&text);
}

static const struct {
        const char *key;
        size_t member;
} texts[] = {
        {"title", offsetof(struct bootcfg, title)},         {"build", offsetof(struct bootcfg, build)},
        {"prefix", offsetof(struct bootcfg, prefix)},       {"kernel", offsetof(struct bootcfg, kernel)},
        {"kernelopt", offsetof(struct bootcfg, kernelopt)},
};

// The keys whose values must be numbers.
static const char *const numbers[] = {
        "nobootif",    "timeout",          "noquirks", "norts",      "runtimewd",
        "tftpblksize", "runtimewdtimeout", "skip",     "errtimeout",
};

static bool is_number(struct bytes value)
{
        if (value.size && value.data[0] == '-')
                value = bytes_from(value, 1);
        size_t digits = 0;
        while (digits < value.size && isdigit(value.data[digits]))
                digits++;
        return digits && digits == value.size;
}

static bool is_zero(struct bytes value)
{
        for (size_t i = 0; i < value.size; i++) {
                if (value.data[i] != '0' && value.data[i] != '-')
                        return false;
        }
        return true;
}

static void keep_text(const struct line *line, struct bootcfg *bootcfg)
{
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
                if (!is_key(line, texts[i].key))
                        continue;
                char **slot = (char **)((char *)bootcfg + texts[i].member);
                free(*slot);
                *slot = repaired(line->value);
        }
}

static bool check_number(const struct line *line, struct error *err)
{
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
                if (!is_key(line, numbers[i]) || !line->value.size || is_number(line->value))
                        continue;
                AUTO_FREE char *shown = text_printable((const char *)line->value.data, line->value.size, false);
                return error_set(err, ERROR_DAMAGED, "line %zu: %s has to be a number, not '%s'", line->number,
                                 numbers[i], shown);
        }
        return true;
}

// The file names of LIST, split as the loader does: a separator needs no blanks around it, and empty items are ignored.
static void split_list(const char *list, struct arguments *names)
{
        while (*list) {
                const char *separator = strstr(list, SEPARATOR);
                const char *end = separator ? separator : list + strlen(list);
                list += strspn(list, BLANKS);
                size_t length = strcspn(list, BLANKS);
                if (list + length > end)
                        length = end > list ? (size_t)(end - list) : 0;
                if (length)
                        arguments_add_format(names, "%.*s", (int)length, list);
                list = separator ? separator + strlen(SEPARATOR) : end;
        }
}

static bool has_nul(struct bytes text)
{
        return find_byte(text, 0) < text.size;
}

static bool read_lines(struct bytes text, struct bootcfg *bootcfg, struct error *err)
{
        AUTO_FREE char *modules = NULL;
        struct reader reader = {.text = text};
        struct line line;
        while (next_line(&reader, &line)) {
                if (!check_number(&line, err))
                        return false;
                keep_text(&line, bootcfg);
                if (is_key(&line, "norts"))
                        bootcfg->norts = !is_zero(line.value);
                if (!is_key(&line, "modules"))
                        continue;
                free(modules);
                modules = repaired(line.value);
        }
        if (!bootcfg->kernel)
                return error_set(err, ERROR_DAMAGED, "it names no kernel");
        if (modules)
                split_list(modules, &bootcfg->modules);
        return true;
}

bool bootcfg_read(struct bytes text, struct bootcfg *bootcfg, struct error *err)
{
        *bootcfg = (struct bootcfg){0};
        if (has_nul(text))
                return error_set(err, ERROR_DAMAGED, "it is not text: it contains a NUL byte");
        if (!read_lines(text, bootcfg, err)) {
                bootcfg_free(bootcfg);
                return false;
        }
        AUTO_FREE char *norts = bootcfg_option(bootcfg->kernelopt, "norts");
        bootcfg->norts = bootcfg->norts || (norts && strcmp(norts, "0") != 0);
        return true;
}

// ---- paths

// Adds the parts of PATH in upper case, except empty ones and ".".
static void add_parts(struct text *text, const char *path)
{
        while (*path) {
                path += strspn(path, "/");
                size_t length = strcspn(path, "/");
                if (length && !(length == 1 && *path == '.')) {
                        if (text->length)
                                text_add_char(text, '/');
                        for (size_t i = 0; i < length; i++)
                                text_add_char(text, (char)toupper((unsigned char)path[i]));
                }
                path += length;
        }
}

char *bootcfg_path(const struct bootcfg *bootcfg, const char *folder, const char *name)
{
        struct text path = {0};
        if (*name != '/')
                add_parts(&path, bootcfg->prefix ? bootcfg->prefix : folder);
        add_parts(&path, name);
        return text_take(&path);
}

// ---- the kernel's options

// A word of a command line. Its key ends at the `=` or at the end of the word.
struct word {
        const char *at;
        size_t length, key_length;
};

static bool next_word(const char **line, struct word *word)
{
        word->at = *line + strspn(*line, BLANKS);
        word->length = strcspn(word->at, BLANKS);
        word->key_length = strcspn(word->at, "=" BLANKS);
        *line = word->at + word->length;
        return word->length;
}

// The last word of LINE with this key.
static bool find_word(const char *line, const char *key, size_t key_length, struct word *found)
{
        struct word word;
        bool there = false;
        while (next_word(&line, &word)) {
                if (word.key_length != key_length || strncasecmp(word.at, key, key_length) != 0)
                        continue;
                *found = word;
                there = true;
        }
        return there;
}

char *bootcfg_option(const char *command_line, const char *key)
{
        struct word word;
        if (!command_line || !find_word(command_line, key, strlen(key), &word))
                return NULL;
        size_t skipped = word.key_length + (word.key_length < word.length);
        return text_format("%.*s", (int)(word.length - skipped), word.at + skipped);
}

static void set_option(struct text *line, const char *option)
{
        struct word word;
        if (!find_word(text_string(line), option, strcspn(option, "=" BLANKS), &word)) {
                text_add_format(line, "%s%s", line->length ? " " : "", option);
                return;
        }
        size_t before = (size_t)(word.at - text_string(line));
        struct text changed = {0};
        text_add_span(&changed, text_string(line), before);
        text_add(&changed, option);
        text_add(&changed, word.at + word.length);
        text_free(line);
        *line = changed;
}

static void add_options(struct bytes value, const struct arguments *options, struct buffer *edited)
{
        AUTO_TEXT struct text line = {0};
        if (value.size)
                text_add_span(&line, (const char *)value.data, value.size);
        for (size_t i = 0; i < options->count; i++)
                set_option(&line, options->values[i]);
        buffer_add(edited, text_string(&line), line.length);
}

static const char *line_end(struct bytes text)
{
        size_t newline = find_byte(text, '\n');
        return newline && newline < text.size && text.data[newline - 1] == '\r' ? "\r\n" : "\n";
}

static void add_text(struct buffer *buffer, const char *text)
{
        buffer_add(buffer, text, strlen(text));
}

static void add_kernelopt(struct bytes text, const struct arguments *options, struct buffer *edited)
{
        const char *end = line_end(text);
        buffer_add_bytes(edited, text);
        if (text.size && text.data[text.size - 1] != '\n')
                add_text(edited, end);
        add_text(edited, "kernelopt=");
        add_options((struct bytes){0}, options, edited);
        add_text(edited, end);
}

void bootcfg_edit(struct bytes text, const struct arguments *options, struct buffer *edited)
{
        struct reader reader = {.text = text};
        struct line line;
        struct line kernelopt = {0};
        while (next_line(&reader, &line)) {
                if (is_key(&line, "kernelopt"))
                        kernelopt = line;
        }
        if (!options->count) {
                buffer_add_bytes(edited, text);
                return;
        }
        if (!kernelopt.number) {
                add_kernelopt(text, options, edited);
                return;
        }
        buffer_add_bytes(edited, (struct bytes){text.data, kernelopt.value_at});
        add_options(kernelopt.value, options, edited);
        buffer_add_bytes(edited, bytes_from(text, kernelopt.value_at + kernelopt.value.size));
}
