// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/bootcfg.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arguments.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "base/text.h"

#define SEPARATOR       "---"
#define BLANKS          " \b\t\v\f\r\xA0"
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

enum {
        MOST_SHOWN = 60, // bytes of a line in a message
};

void bootcfg_free(struct bootcfg *bootcfg)
{
        free(bootcfg->title);
        free(bootcfg->build);
        free(bootcfg->prefix);
        free(bootcfg->kernel);
        free(bootcfg->kernelopt);
        arguments_free(&bootcfg->modules);
        arguments_free(&bootcfg->acpitables);
        arguments_free(&bootcfg->warnings);
        *bootcfg = (struct bootcfg){0};
}

// ---- keys

// In the order in which the loader looks for them.
enum key {
        KEY_KERNEL,
        KEY_KERNELOPT,
        KEY_MODULES,
        KEY_TITLE,
        KEY_PREFIX,
        KEY_NOBOOTIF,
        KEY_TIMEOUT,
        KEY_NOQUIRKS,
        KEY_NORTS,
        KEY_CRYPTO,
        KEY_RUNTIMEWD,
        KEY_TFTPBLKSIZE,
        KEY_ACPITABLES,
        KEY_RUNTIMEWDTIMEOUT,
        KEY_SKIP,
        KEY_ERRTIMEOUT,
        KEY_COUNT, // an unknown one
};

static const char *const key_names[KEY_COUNT + 1] = {
        "kernel",     "kernelopt",        "modules", "title",      "prefix",    "nobootif",
        "timeout",    "noquirks",         "norts",   "crypto",     "runtimewd", "tftpblksize",
        "acpitables", "runtimewdtimeout", "skip",    "errtimeout", NULL,
};

static const bool is_number_key[KEY_COUNT] = {
        [KEY_NOBOOTIF] = true,   [KEY_TIMEOUT] = true,     [KEY_NOQUIRKS] = true,         [KEY_NORTS] = true,
        [KEY_RUNTIMEWD] = true,  [KEY_TFTPBLKSIZE] = true, [KEY_RUNTIMEWDTIMEOUT] = true, [KEY_SKIP] = true,
        [KEY_ERRTIMEOUT] = true,
};

static const bool names_files[KEY_COUNT] = {
        [KEY_KERNEL] = true,
        [KEY_MODULES] = true,
        [KEY_PREFIX] = true,
        [KEY_ACPITABLES] = true,
};

// Keys of the installed system's loader and of its tools.
static const char *const other_names[] = {"build", "updated", "bootstate", "quickboot", NULL};

static enum key find_key(const char *key, size_t length)
{
        for (enum key i = 0; i < KEY_COUNT; i++) {
                if (strncasecmp(key_names[i], key, length) == 0)
                        return i;
        }
        return KEY_COUNT;
}

// NAME among NAMES, whole; NULL if it is not one of them.
static const char *find_name(const char *const *names, const char *name)
{
        while (*names && strcasecmp(*names, name) != 0)
                names++;
        return *names;
}

// ---- lines

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

// RAW with every run of blanks as one space, without those at both ends.
static char *merged(struct bytes raw)
{
        struct text text = {0};
        raw = trimmed(raw);
        for (size_t i = 0; i < raw.size; i++) {
                if (!is_blank(raw.data[i]))
                        text_add_char(&text, (char)raw.data[i]);
                else if (!is_blank(raw.data[i - 1]))
                        text_add_char(&text, ' ');
        }
        return text_take(&text);
}

// A line that is neither empty nor a comment.
struct line {
        char *text;        // its blanks merged
        size_t key_length; // in TEXT
        const char *value; // in TEXT; NULL if it has no `=`
        enum key key;      // KEY_COUNT if the loader does not know it
        size_t number;     // from 1
        struct bytes raw;  // up to its NUL, if it has one
        bool has_nul;
};

// Goes through the lines of TEXT.
struct reader {
        struct bytes text;
        size_t at;
        struct line line; // the present one
};

static void reader_end(struct reader *reader)
{
        free(reader->line.text);
}
#define AUTO_READER __attribute__((cleanup(reader_end)))

static void split_line(struct line *line)
{
        char *equals = strchr(line->text, '=');
        line->key_length = equals ? (size_t)(equals - line->text) : strlen(line->text);
        line->key = equals ? find_key(line->text, line->key_length) : KEY_COUNT;
        line->value = equals ? equals + 1 + strspn(equals + 1, " ") : NULL;
}

// False at the end.
static bool next_line(struct reader *reader)
{
        struct line *line = &reader->line;
        while (reader->at < reader->text.size) {
                struct bytes rest = bytes_from(reader->text, reader->at);
                struct bytes whole = {rest.data, find_byte(rest, '\n')};
                size_t length = find_byte(whole, 0);
                reader->at += whole.size + (whole.size < rest.size);
                free(line->text);
                line->number++;
                line->raw = (struct bytes){whole.data, length};
                line->has_nul = length < whole.size;
                line->text = merged(line->raw);
                if (!*line->text || *line->text == '#')
                        continue;
                split_line(line);
                return true;
        }
        return false;
}

// ---- what its writer cannot have meant

// What the loader has after the lines so far.
struct reading {
        char *values[KEY_COUNT]; // as the loader keeps them; NULL if not set
        size_t lines[KEY_COUNT]; // where; also if the value is empty; 0 if nowhere
        size_t kernel_hint;      // one more than the index of a warning about why there is no kernel; 0 if none
        struct bootcfg *bootcfg;
};

static void reading_end(struct reading *reading)
{
        for (size_t i = 0; i < KEY_COUNT; i++)
                free(reading->values[i]);
}
#define AUTO_READING __attribute__((cleanup(reading_end)))

static char *shown(const char *text, size_t length)
{
        return text_printable(text, length < MOST_SHOWN ? length : MOST_SHOWN, false);
}

static void warn_unknown(struct reading *reading, const struct line *line)
{
        struct arguments *warnings = &reading->bootcfg->warnings;
        AUTO_FREE char *key = shown(line->text, line->key_length);
        AUTO_TEXT struct text squeezed = {0};
        bool marked = text_starts_with(line->text, BYTE_ORDER_MARK);
        for (size_t i = marked ? strlen(BYTE_ORDER_MARK) : 0; i < line->key_length; i++) {
                if (line->text[i] != ' ')
                        text_add_char(&squeezed, line->text[i]);
        }
        const char *same = find_name(key_names, text_string(&squeezed));
        const char *near = same;
        if (!near && squeezed.length <= MOST_SHOWN)
                near = spelling_nearest(text_string(&squeezed), key_names);
        if (find_name(other_names, text_string(&squeezed)))
                return;
        if (marked)
                arguments_add_format(
                        warnings,
                        "line %zu: the loader ignores it because it begins with a byte-order mark; save the file "
                        "as UTF-8 without one",
                        line->number);
        else if (same)
                arguments_add_format(warnings,
                                     "line %zu: the loader ignores '%s=' because of the blank in it; write '%s='",
                                     line->number, key, same);
        else if (near)
                arguments_add_format(warnings,
                                     "line %zu: the loader ignores '%s=', which it does not know; did you mean '%s='?",
                                     line->number, key, near);
        else
                arguments_add_format(warnings,
                                     "line %zu: the loader ignores '%s=', which it does not know; delete the line",
                                     line->number, key);
        if (near == key_names[KEY_KERNEL])
                reading->kernel_hint = warnings->count;
}

static void warn_no_key(struct reading *reading, const struct line *line)
{
        AUTO_FREE char *text = shown(line->text, strlen(line->text));
        arguments_add_format(
                &reading->bootcfg->warnings,
                "line %zu: the loader ignores '%s', which has no '='; delete the line or put '#' before it",
                line->number, text);
}

static void warn_repeated(const struct reading *reading, const struct line *line)
{
        const char *name = key_names[line->key];
        size_t before = reading->lines[line->key];
        if (!*line->value && reading->values[line->key] && !is_number_key[line->key])
                arguments_add_format(
                        &reading->bootcfg->warnings,
                        "line %zu: an empty %s= undoes line %zu, and with more than 3 GiB of memory the loader "
                        "may then use garbage; delete one of the two lines",
                        line->number, name, before);
        else
                arguments_add_format(
                        &reading->bootcfg->warnings,
                        "line %zu: the loader takes this %s= and not that of line %zu; delete one of the two "
                        "lines",
                        line->number, name, before);
}

// Of a value.
static void warn_value(const struct reading *reading, const struct line *line)
{
        struct arguments *warnings = &reading->bootcfg->warnings;
        const char *name = key_names[line->key];
        const char *comment = *line->value == '#' ? line->value : strstr(line->value, " #");
        if (comment && line->key != KEY_TITLE) {
                AUTO_FREE char *text = shown(comment, strlen(comment));
                arguments_add_format(warnings,
                                     "line %zu: '%s' belongs to the value of %s=; put the comment on a line of its own",
                                     line->number, text + (*text == ' '), name);
        } else if ((line->key == KEY_KERNEL || line->key == KEY_PREFIX) && strchr(line->value, ' ')) {
                arguments_add_format(warnings,
                                     "line %zu: the loader drops the blanks in the value of %s=; write it without them",
                                     line->number, name);
        }
        if (names_files[line->key] && bootcfg_is_address(line->value))
                arguments_add_format(
                        warnings,
                        "line %zu: %s= has an address, but from a disk the loader reads only files of that disk; "
                        "write paths in the payload",
                        line->number, name);
}

static void warn_line(struct reading *reading, const struct line *line)
{
        struct arguments *warnings = &reading->bootcfg->warnings;
        if (line->has_nul)
                arguments_add_format(warnings,
                                     "line %zu: the loader reads it only up to its NUL byte; delete that byte",
                                     line->number);
        if (!line->value) {
                warn_no_key(reading, line);
                return;
        }
        if (line->key == KEY_COUNT) {
                warn_unknown(reading, line);
                return;
        }
        const char *name = key_names[line->key];
        AUTO_FREE char *key = shown(line->text, line->key_length);
        if (line->key_length < strlen(name))
                arguments_add_format(warnings, "line %zu: the loader takes '%s=' for %s=; write '%s='", line->number,
                                     key, name, name);
        if (reading->lines[line->key])
                warn_repeated(reading, line);
        warn_value(reading, line);
}

const char *bootcfg_warning(const struct bootcfg *bootcfg, size_t line)
{
        AUTO_FREE char *begin = text_format("line %zu:", line);
        for (size_t i = 0; i < bootcfg->warnings.count; i++) {
                if (text_starts_with(bootcfg->warnings.values[i], begin))
                        return bootcfg->warnings.values[i];
        }
        return NULL;
}

// ---- reading

static char *repaired(const char *value)
{
        if (!value)
                return NULL;
        struct text text = {0};
        size_t length = strlen(value);
        if (text_add_repaired(&text, value, length) < length)
                text_add_utf8(&text, TEXT_REPLACEMENT);
        return text_take(&text);
}

// A part of a file name: ISO 8859-1, as the loader hands it to the firmware.
static char *file_name(const char *value, size_t length)
{
        struct text text = {0};
        for (size_t i = 0; i < length; i++)
                text_add_utf8(&text, (uint8_t)value[i]);
        return text_take(&text);
}

// A minus sign alone is a number to the loader, 0.
static bool is_number(const char *value)
{
        value += *value == '-';
        return !value[strspn(value, "0123456789")];
}

static bool keep(struct reading *reading, const struct line *line, struct error *err)
{
        if (line->key == KEY_COUNT)
                return true;
        if (is_number_key[line->key] && !is_number(line->value)) {
                AUTO_FREE char *value = shown(line->value, strlen(line->value));
                return error_set(
                        err, ERROR_DAMAGED,
                        "line %zu: %s= must be a number, not '%s', or the loader stops; write a number or delete the "
                        "line",
                        line->number, key_names[line->key], value);
        }
        free(reading->values[line->key]);
        reading->values[line->key] = *line->value ? memory_text(line->value) : NULL;
        reading->lines[line->key] = line->number;
        return true;
}

static void keep_build(const struct line *line, struct bootcfg *bootcfg)
{
        static const char build[] = "build=";
        if (strncasecmp(line->text, build, strlen(build)) != 0)
                return;
        free(bootcfg->build);
        bootcfg->build = *line->value ? repaired(line->value) : NULL;
}

// As the loader's atoi() does it: what does not fit is cut off.
static bool is_set(const struct reading *reading, enum key key)
{
        return reading->values[key] && (int)strtol(reading->values[key], NULL, 10) != 0;
}

// Adds the file names of the list KEY to NAMES.
static bool split_list(const struct reading *reading, enum key key, struct arguments *names, struct error *err)
{
        const char *at = reading->values[key];
        while (at && *at) {
                const char *separator = strstr(at, SEPARATOR);
                const char *end = separator ? separator : at + strlen(at);
                size_t length = strcspn(at, " ");
                if (*at == ' ') {
                        at++;
                        continue;
                }
                if (at < end) {
                        AUTO_FREE char *name = file_name(at, length < (size_t)(end - at) ? length : (size_t)(end - at));
                        arguments_add(names, name);
                        at = separator ? separator + strlen(SEPARATOR) : end;
                        continue;
                }
                at += strlen(SEPARATOR);
                if (!*at)
                        return error_set(
                                err, ERROR_DAMAGED,
                                "line %zu: the last '" SEPARATOR
                                "' of %s= has no file before it, and the loader reads past the end of the line; delete "
                                "that '" SEPARATOR "'",
                                reading->lines[key], key_names[key]);
                at++;
        }
        return true;
}

static bool refuse_no_kernel(const struct reading *reading, struct bytes text, struct error *err)
{
        static const char message[] = "it names no kernel, so the loader stops";
        bool is_utf16 =
                text.size >= 2 && (memcmp(text.data, "\xFF\xFE", 2) == 0 || memcmp(text.data, "\xFE\xFF", 2) == 0);
        if (is_utf16)
                return error_set(err, ERROR_DAMAGED, "%s: it is UTF-16; save it as UTF-8", message);
        if (reading->lines[KEY_KERNEL])
                return error_set(err, ERROR_DAMAGED, "%s: line %zu: kernel= is empty; write kernel=FILE", message,
                                 reading->lines[KEY_KERNEL]);
        if (reading->kernel_hint)
                return error_set(err, ERROR_DAMAGED, "%s: %s", message,
                                 reading->bootcfg->warnings.values[reading->kernel_hint - 1]);
        return error_set(err, ERROR_DAMAGED, "%s; add a line kernel=FILE", message);
}

// What the loader does once it has read every line.
static bool take_values(const struct reading *reading, struct bytes text, struct error *err)
{
        struct bootcfg *bootcfg = reading->bootcfg;
        if (is_set(reading, KEY_SKIP))
                return error_set(
                        err, ERROR_DAMAGED,
                        "line %zu: with skip=%s the loader loads nothing and returns to the firmware; delete the line",
                        reading->lines[KEY_SKIP], reading->values[KEY_SKIP]);
        if (!reading->values[KEY_KERNEL])
                return refuse_no_kernel(reading, text, err);
        const char *prefix = reading->values[KEY_PREFIX];
        bootcfg->title = repaired(reading->values[KEY_TITLE]);
        bootcfg->kernelopt = repaired(reading->values[KEY_KERNELOPT]);
        bootcfg->kernel = file_name(reading->values[KEY_KERNEL], strlen(reading->values[KEY_KERNEL]));
        bootcfg->prefix = prefix ? file_name(prefix, strlen(prefix)) : NULL;
        bootcfg->prefix_line = prefix ? reading->lines[KEY_PREFIX] : 0;
        bootcfg->kernel_line = reading->lines[KEY_KERNEL];
        bootcfg->modules_line = reading->values[KEY_MODULES] ? reading->lines[KEY_MODULES] : 0;
        bootcfg->acpitables_line = reading->values[KEY_ACPITABLES] ? reading->lines[KEY_ACPITABLES] : 0;
        AUTO_FREE char *norts = bootcfg_option(bootcfg->kernelopt, key_names[KEY_NORTS]);
        bootcfg->norts = is_set(reading, KEY_NORTS) || (norts && strcmp(norts, "0") != 0);
        return split_list(reading, KEY_MODULES, &bootcfg->modules, err) &&
               split_list(reading, KEY_ACPITABLES, &bootcfg->acpitables, err);
}

static bool read_lines(struct bytes text, struct bootcfg *bootcfg, struct error *err)
{
        AUTO_READER struct reader reader = {.text = text};
        AUTO_READING struct reading reading = {.bootcfg = bootcfg};
        while (next_line(&reader)) {
                warn_line(&reading, &reader.line);
                if (!keep(&reading, &reader.line, err))
                        return false;
                keep_build(&reader.line, bootcfg);
        }
        return take_values(&reading, text, err);
}

bool bootcfg_read(struct bytes text, struct bootcfg *bootcfg, struct error *err)
{
        *bootcfg = (struct bootcfg){0};
        if (read_lines(text, bootcfg, err))
                return true;
        bootcfg_free(bootcfg);
        return false;
}

// ---- paths

bool bootcfg_is_address(const char *path)
{
        return strstr(path, "://") != NULL;
}

// Adds the parts of PATH, in upper case, without empty ones and ".".
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
        AUTO_TEXT struct text whole = {0};
        bool absolute = *name == '/' || *name == '\\' || bootcfg_is_address(name);
        AUTO_FREE char *joined =
                absolute ? memory_text(name) : text_format("%s/%s", bootcfg->prefix ? bootcfg->prefix : folder, name);
        for (const char *at = joined; *at; at++) {
                if (*at != ' ')
                        text_add_char(&whole, (char)(*at == '\\' ? '/' : *at));
        }
        if (bootcfg_is_address(joined))
                return text_take(&whole);
        add_parts(&path, text_string(&whole));
        // That can be a folder only.
        if (text_ends_with(text_string(&whole), "/"))
                text_add_char(&path, '/');
        return text_take(&path);
}

// ---- the kernel's options

// A word of a command line. Its key ends at the `=`, or with the word.
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

// The value in RAW, a line that has an `=`.
static struct bytes raw_value(struct bytes raw)
{
        size_t at = find_byte(raw, '=') + 1;
        struct bytes value = trimmed(bytes_from(raw, at));
        return value.size ? value : (struct bytes){raw.data + at, 0};
}

void bootcfg_edit(struct bytes text, const struct arguments *options, struct buffer *edited)
{
        AUTO_READER struct reader reader = {.text = text};
        struct bytes raw = {0};
        while (next_line(&reader)) {
                if (reader.line.key == KEY_KERNELOPT)
                        raw = reader.line.raw;
        }
        if (!options->count) {
                buffer_add_bytes(edited, text);
                return;
        }
        if (!raw.size) {
                add_kernelopt(text, options, edited);
                return;
        }
        struct bytes value = raw_value(raw);
        size_t value_at = (size_t)(value.data - text.data);
        buffer_add_bytes(edited, (struct bytes){text.data, value_at});
        add_options(value, options, edited);
        buffer_add_bytes(edited, bytes_from(text, value_at + value.size));
}
