// SPDX-License-Identifier: Apache-2.0
//
// The command line: a program is a table of commands, a command a table of options and one function.
//
// Options are `--name VALUE`, `--name=VALUE` or `--flag`, and `-o VALUE` if the name is one letter, before or after
// operands; `--` ends them. A mistake is reported with the nearest valid spelling and exit code 2. Every program has
// `--help` and `--version`, also spelled `help`, `help COMMAND` and `version`.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/process.h"

enum cli_kind {
        CLI_FLAG,    // bool
        CLI_TEXT,    // const char *, NULL unless given
        CLI_NUMBER,  // uint64_t, at least 1; 0 unless given
        CLI_SIZE,    // the same in bytes, written with K, M, G, T
        CLI_LIST,    // struct arguments: all values, in order
        CLI_ORDERED, // struct cli_ordered: options whose order matters, such as the EDITs of aavmf-vars
};

struct cli_ordered {
        struct cli_ordered_option {
                const char *name;  // as in the table
                const char *value; // NULL if it takes none
        } * options;
        size_t count;
};

struct cli_option {
        const char *name;     // without the dashes
        const char *argument; // what its value is called in the help ("FILE"); NULL if it takes none
        enum cli_kind kind;   // how the value is kept
        size_t offset;        // offsetof() in the command's values
        const char *help;     // one line, no full stop; with the default and the unit
        // The environment variable used if it is not given, or NULL. The help shows its value: not for secrets.
        const char *environment;
};

struct cli_command {
        const char *name;
        const char *operands;             // what follows the options in the usage line: "FILE..."
        const char *summary;              // one line
        const char *details;              // paragraphs for --help; NULL if the summary is enough
        const struct cli_option *options; // ended by a row without a name; NULL if there are none
        size_t values_size;               // sizeof the struct that the options fill, zeroed first
        int least, most;                  // operands; MOST is -1 for any number
        // Runs the command. Returns the exit code; if it fills ERR, that is printed and its code is the exit code.
        int (*run)(const void *values, int count, char **operands, struct error *err);
        // For --help with an operand: the value that OPERAND has stored for the option at OFFSET of the values; freed
        // with free(); NULL if no value is stored. The member is NULL if operands store nothing.
        char *(*stored)(const char *operand, size_t offset);
};

struct cli_row {
        const char *heading; // printed above it in the help; NULL if it belongs to the group above
        const struct cli_command *command;
};

struct cli_program {
        const char *name;
        const char *summary;
        const char *version;
        const struct cli_row *commands; // ended by a row without a command, in the order of the help
};

// All of a program's main(): finds the command, reads the options, runs it, prints its error, returns its exit code.
int cli_main(const struct cli_program *program, int count, char **arguments);

// Prints JSON on standard output, indented, with a final newline, and frees it.
void cli_print_json(json_t *json);

// Prints "warning: ..." or "note: ..." on standard error.
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
