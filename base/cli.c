// SPDX-License-Identifier: Apache-2.0
#include "base/cli.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arguments.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/spelling.h"
#include "base/text.h"
#include "base/wrap.h"

static const struct cli_option no_options[] = {{0}};

static const struct cli_option *options_of(const struct cli_command *command)
{
        return command->options ? command->options : no_options;
}

static void say(const char *label, const char *colour, const char *format, va_list arguments)
{
        AUTO_FREE char *message = text_format_list(format, arguments);
        bool coloured = progress_in_colour();
        fprintf(stderr, "%s%s%s %s\n", coloured ? colour : "", label, coloured ? "\033[0m" : "", message);
}

void cli_warn(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        say("warning:", "\033[33m", format, arguments);
        va_end(arguments);
}

void cli_note(const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        say("note:", "\033[36m", format, arguments);
        va_end(arguments);
}

void cli_print_json(json_t *json)
{
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        putchar('\n');
        json_decref(json);
}

static const char *dashes(const char *name)
{
        return strlen(name) == 1 ? "-" : "--";
}

// ---- Help

static void help_program(const struct cli_program *program)
{
        size_t width = wrap_width(), column = 0;
        AUTO_TEXT struct text help = {0};
        AUTO_FREE char *title =
                text_format("%s - %s\n\nusage: %s COMMAND [OPTION...]", program->name, program->summary, program->name);
        wrap_text(&help, title, width);
        for (const struct cli_row *row = program->commands; row->command; row++)
                wrap_fit(&column, row->command->name, width);
        for (const struct cli_row *row = program->commands; row->command; row++) {
                if (row->heading)
                        text_add_format(&help, "\n%s:\n", row->heading);
                wrap_row(&help, row->command->name, row->command->summary, column, width);
        }
        AUTO_FREE char *more = text_format("\n%s COMMAND --help or %s help COMMAND describes a command.", program->name,
                                           program->name);
        AUTO_FREE char *version = text_format("%s --version prints the version.", program->name);
        wrap_text(&help, more, width);
        wrap_text(&help, version, width);
        fputs(text_string(&help), stdout);
}

// "--label TEXT", freed with free().
static char *spell_option(const struct cli_option *option)
{
        return text_format("%s%s%s%s", dashes(option->name), option->name, option->argument ? " " : "",
                           option->argument ? option->argument : "");
}

// The value of OPTION's environment variable, freed with free(); NULL if it is not set.
static char *value_of_environment(const struct cli_option *option)
{
        const char *value = option->environment ? getenv(option->environment) : NULL;
        return value && *value ? text_printable(value, strlen(value), false) : NULL;
}

// The value that OPERAND (may be NULL) has stored for OPTION, freed with free(); NULL if none.
static char *value_stored(const struct cli_command *command, const struct cli_option *option, const char *operand)
{
        uint64_t bytes;
        AUTO_FREE char *stored = operand && command->stored ? command->stored(operand, option->offset) : NULL;
        if (stored && option->kind == CLI_SIZE && text_parse_number(stored, &bytes))
                return text_size(bytes);
        return stored ? text_printable(stored, strlen(stored), false) : NULL;
}

// The help of an option, the source of its value if it is not given, and that value if any.
static char *explain_option(const struct cli_command *command, const struct cli_option *option, const char *operand)
{
        struct text text = {0};
        AUTO_FREE char *set = value_of_environment(option);
        AUTO_FREE char *stored = set ? NULL : value_stored(command, option, operand);
        text_add(&text, option->help);
        if (option->environment)
                text_add_format(&text, " [%s%s%s]", option->environment, set ? "=" : "", set ? set : "");
        if (stored)
                text_add_format(&text, " [stored: %s]", stored);
        return text_take(&text);
}

// OPERAND is the one given with --help, or NULL.
static void help_command(const struct cli_program *program, const struct cli_command *command, const char *operand)
{
        const struct cli_option *options = options_of(command);
        size_t width = wrap_width(), column = 0;
        AUTO_TEXT struct text help = {0};
        AUTO_FREE char *usage =
                text_format("usage: %s %s%s%s%s", program->name, command->name, options->name ? " [OPTION...]" : "",
                            *command->operands ? " " : "", command->operands);
        wrap_line(&help, usage, strlen("usage: "), width);
        text_add_char(&help, '\n');
        wrap_text(&help, command->summary, width);
        if (command->details) {
                text_add_char(&help, '\n');
                wrap_text(&help, command->details, width);
        }
        text_add(&help, "\noptions:\n");
        wrap_fit(&column, "--help", width);
        for (const struct cli_option *option = options; option->name; option++) {
                AUTO_FREE char *left = spell_option(option);
                wrap_fit(&column, left, width);
        }
        for (const struct cli_option *option = options; option->name; option++) {
                AUTO_FREE char *left = spell_option(option);
                AUTO_FREE char *right = explain_option(command, option, operand);
                wrap_row(&help, left, right, column, width);
        }
        wrap_row(&help, "--help", "shows this", column, width);
        fputs(text_string(&help), stdout);
}

// ---- Reading

// LEAD goes before WORD and its nearest spelling.
static bool complain(struct error *err, const char *what, const char *word, const char *lead, const char *const *names)
{
        const char *nearest = spelling_nearest(word, names);
        AUTO_FREE char *shown = text_printable(word, strlen(word), false);
        error_set(err, ERROR_USAGE, "unknown %s '%s%s'", what, lead, shown);
        if (nearest)
                error_append(err, "; did you mean '%s%s'?", lead, nearest);
        return false;
}

static bool unknown_option(const struct cli_command *command, const char *word, struct error *err)
{
        size_t count = 0;
        while (options_of(command)[count].name)
                count++;
        AUTO_FREE const char **names = memory_new(count + 2, sizeof *names);
        // Every letter is close to any other: only words are suggested.
        size_t words = 0;
        for (size_t i = 0; i < count; i++) {
                if (strlen(options_of(command)[i].name) > 1)
                        names[words++] = options_of(command)[i].name;
        }
        names[words] = "help";
        return complain(err, "option", word, dashes(word), names);
}

// Words that every program accepts in place of a command.
static const struct builtin {
        const char *word;
        enum {
                NO_BUILTIN,
                HELP,
                VERSION_LINE,
        } what;
} builtins[] = {
        {"help", HELP},       {"version", VERSION_LINE}, {"--help", HELP}, {"-h", HELP}, {"--version", VERSION_LINE},
        {"-V", VERSION_LINE}, {NULL, NO_BUILTIN},
};
enum {
        BUILTIN_NAMES = 2, // the ones spelled as commands, which are suggested
};

static const struct builtin *find_builtin(const char *word)
{
        const struct builtin *builtin = builtins;
        while (builtin->word && strcmp(builtin->word, word) != 0)
                builtin++;
        return builtin;
}

static const struct cli_command *find_command(const struct cli_program *program, const char *word, struct error *err)
{
        size_t count = 0;
        for (; program->commands[count].command; count++) {
                if (strcmp(program->commands[count].command->name, word) == 0)
                        return program->commands[count].command;
        }
        AUTO_FREE const char **names = memory_new(count + BUILTIN_NAMES + 1, sizeof *names);
        for (size_t i = 0; i < count; i++)
                names[i] = program->commands[i].command->name;
        for (size_t i = 0; i < BUILTIN_NAMES; i++)
                names[count + i] = builtins[i].word;
        complain(err, "command", word, "", names);
        return NULL;
}

static bool keep_number(const char *text, const char *name, bool is_size, void *slot, struct error *err)
{
        uint64_t number;
        if (!(is_size ? text_parse_size(text, &number) : text_parse_number(text, &number))) {
                AUTO_FREE char *shown = text_printable(text, strlen(text), false);
                return error_set(err, ERROR_USAGE, "%s: invalid value '%s' (expected a %s)", name, shown,
                                 is_size ? "size: a number with K, M, G or T" : "number");
        }
        if (!number)
                return error_set(err, ERROR_USAGE, "%s: invalid value '%s' (expected at least 1)", name, text);
        memcpy(slot, &number, sizeof number);
        return true;
}

static void keep_ordered(struct cli_ordered *ordered, const char *name, const char *value)
{
        *MEMORY_ADD(ordered->options, ordered->count) = (struct cli_ordered_option){name, value};
}

// Stores VALUE for OPTION; SPELLED is the option as the user typed it, for the message.
static bool keep(const struct cli_option *option, const char *spelled, const char *value, char *values,
                 struct error *err)
{
        void *slot = values + option->offset;
        switch (option->kind) {
        case CLI_FLAG:
                memcpy(slot, &(bool){true}, sizeof(bool));
                return true;
        case CLI_TEXT:
                memcpy(slot, &value, sizeof value);
                return true;
        case CLI_NUMBER:
        case CLI_SIZE:
                return keep_number(value, spelled, option->kind == CLI_SIZE, slot, err);
        case CLI_LIST:
                arguments_add(slot, value);
                return true;
        case CLI_ORDERED:
                keep_ordered(slot, option->name, value);
                return true;
        }
        return true;
}

static const struct cli_option *find_option(const struct cli_command *command, const char *name, size_t length)
{
        for (const struct cli_option *option = options_of(command); option->name; option++) {
                if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
                        return option;
        }
        return NULL;
}

// Reads the option at ARGUMENTS[*AT], and its value, which may be the next argument.
static bool read_option(const struct cli_command *command, int count, char **arguments, int *at, char *values,
                        struct error *err)
{
        const char *name = arguments[*at] + (arguments[*at][1] == '-' ? 2 : 1);
        size_t length = strcspn(name, "=");
        const struct cli_option *option = find_option(command, name, length);
        AUTO_FREE char *word = text_format("%.*s", (int)length, name);
        if (!option)
                return unknown_option(command, word, err);
        const char *value = name[length] ? name + length + 1 : NULL;
        if (!option->argument && value)
                return error_set(err, ERROR_USAGE, "%s%s takes no value", dashes(word), word);
        if (option->argument && !value) {
                if (*at + 1 >= count)
                        return error_set(err, ERROR_USAGE, "%s%s needs a value: %s", dashes(word), word,
                                         option->argument);
                value = arguments[++*at];
        }
        AUTO_FREE char *spelled = text_format("%s%s", dashes(word), word);
        return keep(option, spelled, value, values, err);
}

static bool read_environment(const struct cli_command *command, char *values, struct error *err)
{
        for (const struct cli_option *option = options_of(command); option->name; option++) {
                const char *value = option->environment ? getenv(option->environment) : NULL;
                if (value && *value && !keep(option, option->environment, value, values, err))
                        return false;
        }
        return true;
}

struct parsed {
        char **operands; // into the argument vector; only the array is owned
        int operand_count;
        bool help;
};

static bool parse(const struct cli_command *command, int count, char **arguments, char *values, struct parsed *parsed,
                  struct error *err)
{
        parsed->operands = memory_new((size_t)count + 1, sizeof *parsed->operands);
        bool options_ended = false;
        for (int i = 0; i < count; i++) {
                const char *argument = arguments[i];
                if (options_ended || argument[0] != '-' || !argument[1]) {
                        parsed->operands[parsed->operand_count++] = arguments[i];
                } else if (strcmp(argument, "--") == 0) {
                        options_ended = true;
                } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
                        bool follows = i + 1 < count && arguments[i + 1][0] != '-';
                        if (!parsed->operand_count && follows)
                                parsed->operands[parsed->operand_count++] = arguments[i + 1];
                        parsed->help = true;
                        return true;
                } else if (argument[1] != '-' && argument[2] && argument[2] != '=') {
                        return unknown_option(command, argument + 1, err);
                } else if (!read_option(command, count, arguments, &i, values, err)) {
                        return false;
                }
        }
        if (parsed->operand_count < command->least)
                return error_set(err, ERROR_USAGE, "too few arguments: expected %s", command->operands);
        if (command->most >= 0 && parsed->operand_count > command->most) {
                const char *extra = parsed->operands[command->most];
                AUTO_FREE char *shown = text_printable(extra, strlen(extra), false);
                return error_set(err, ERROR_USAGE, "unexpected argument '%s'%s%s", shown,
                                 *command->operands ? ": expected " : "", command->operands);
        }
        return true;
}

static void free_values(const struct cli_command *command, char *values)
{
        for (const struct cli_option *option = options_of(command); option->name; option++) {
                if (option->kind == CLI_LIST)
                        arguments_free((void *)(values + option->offset));
                if (option->kind != CLI_ORDERED)
                        continue;
                struct cli_ordered *ordered = (void *)(values + option->offset);
                free(ordered->options);
                *ordered = (struct cli_ordered){0};
        }
        free(values);
}

static int report(const struct cli_program *program, const struct cli_command *command, const struct error *err)
{
        bool coloured = progress_in_colour();
        fflush(stdout);
        fprintf(stderr, "%s%s%s%s:%s %s\n", coloured ? "\033[31m" : "", program->name, command ? " " : "",
                command ? command->name : "", coloured ? "\033[0m" : "", err->message);
        return (int)err->code;
}

static int run_command(const struct cli_program *program, const struct cli_command *command, int count,
                       char **arguments, struct error *err)
{
        char *values = memory_new(1, command->values_size);
        struct parsed parsed = {0};
        int code = 0;
        // Help is printed whatever the environment contains.
        bool read = read_environment(command, values, err);
        read = parse(command, count, arguments, values, &parsed, read ? err : NULL) && read;
        if (parsed.help) {
                error_clear(err);
                help_command(program, command, parsed.operands[0]);
        } else if (!read) {
                error_append(err, "\n(%s %s --help shows how)", program->name, command->name);
        } else {
                code = command->run(values, parsed.operand_count, parsed.operands, err);
        }
        free(parsed.operands);
        free_values(command, values);
        return code;
}

// A result that could not be printed is a failure.
static int flushed(const struct cli_program *program, int code)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return code;
        fprintf(stderr, "%s: cannot write to standard output\n", program->name);
        return code ? code : ERROR_ENVIRONMENT;
}

// A standard stream that the caller closed must not become a file that is opened later. It is opened so that writing to
// it fails and is reported.
static void hold_standard_streams(void)
{
        int fd = 0;
        while (fd >= 0 && fd <= STDERR_FILENO)
                fd = open("/dev/null", O_RDONLY);
        if (fd >= 0)
                close(fd);
}

static int run_builtin(const struct cli_program *program, const struct builtin *builtin)
{
        if (builtin->what == HELP)
                help_program(program);
        else
                printf("%s %s\n", program->name, program->version);
        return 0;
}

int cli_main(const struct cli_program *program, int count, char **arguments)
{
        static char help[] = "--help";
        hold_standard_streams();
        interrupt_catch();
        if (count < 2) {
                help_program(program);
                return flushed(program, ERROR_USAGE);
        }
        // `help COMMAND` is `COMMAND --help`.
        bool about_one = strcmp(arguments[1], "help") == 0 && count > 2 && !find_builtin(arguments[2])->word;
        if (about_one) {
                arguments[1] = arguments[2];
                arguments[2] = help;
        }
        const struct builtin *builtin = find_builtin(arguments[1]);
        if (builtin->word)
                return flushed(program, run_builtin(program, builtin));
        AUTO_ERROR struct error err = {0};
        const struct cli_command *command = find_command(program, arguments[1], &err);
        int code = command ? run_command(program, command, count - 2, arguments + 2, &err) : ERROR_USAGE;
        return flushed(program, err.code ? report(program, command, &err) : code);
}
