// SPDX-License-Identifier: Apache-2.0
//
// The EDITs on the command line of edit, clone and format: rows for their option tables, and their parser.
#pragma once

#include "base/cli.h"
#include "varstore/edit.h"

// OFFSET is that of a struct cli_ordered in the command's values.
#define EDIT_OPTIONS(offset)                                                                                            \
        {"boot-add",                                                                                                    \
         "LABEL",                                                                                                       \
         CLI_ORDERED,                                                                                                   \
         offset,                                                                                                        \
         "add a boot entry, first in BootOrder; needs --loader and --hd after it",                                      \
         NULL},                                                                                                         \
                {"loader", "PATH", CLI_ORDERED, offset, "  the file it starts: \\EFI\\VMware\\safeboot64.efi", NULL},   \
                {"hd", "N,GUID,START,SIZE", CLI_ORDERED, offset, "  the partition: number, GUID, first block, blocks",  \
                 NULL},                                                                                                 \
                {"bootnum", "XXXX", CLI_ORDERED, offset, "  its number (default: the lowest free one)", NULL},          \
                {"last", NULL, CLI_ORDERED, offset, "  last in BootOrder, not first", NULL},                            \
                {"optional-data", "@FILE|HEX", CLI_ORDERED, offset, "  data passed to the program it starts", NULL},    \
                {"boot-remove", "XXXX", CLI_ORDERED, offset, "remove an entry, from BootOrder and BootNext too", NULL}, \
                {"boot-label", "XXXX=TEXT", CLI_ORDERED, offset, "give an entry another label", NULL},                  \
                {"boot-activate", "XXXX", CLI_ORDERED, offset, "make an entry active", NULL},                           \
                {"boot-deactivate", "XXXX", CLI_ORDERED, offset, "make an entry inactive", NULL},                       \
                {"boot-order", "XXXX,...", CLI_ORDERED, offset, "set BootOrder", NULL},                                 \
                {"boot-first", "XXXX", CLI_ORDERED, offset, "move an entry to the front of BootOrder", NULL},           \
                {"boot-next", "XXXX|none", CLI_ORDERED, offset, "set BootNext: this entry once, before the others",     \
                 NULL},                                                                                                 \
                {"timeout", "SECONDS", CLI_ORDERED, offset, "how long the firmware waits for a key (Timeout)", NULL},   \
                {"set", "NAME[:GUID]=HEX|@FILE", CLI_ORDERED, offset, "set a variable", NULL},                          \
                {"attributes", "NV,BS,RT", CLI_ORDERED, offset, "  its attributes (default: unchanged, or NV,BS,RT)",   \
                 NULL},                                                                                                 \
        {                                                                                                               \
                "delete", "NAME[:GUID]", CLI_ORDERED, offset, "delete a variable", NULL                                 \
        }

// Their text in --help.
#define EDIT_DETAILS                                                                                                   \
        "XXXX is the number of an entry, four hexadecimal digits, or its label. An indented option belongs\n"          \
        "to the option before it. Edits are applied in the given order, all or nothing. Changing PK, KEK,\n"           \
        "db, dbx and other authenticated variables needs --force."

// Applies EDITS to the store at PATH, all or none, and replaces the file if that has changed anything. FORCE allows changes of
// authenticated variables.
bool edits_change_file(const struct edits *edits, const char *path, bool force, struct error *err);

// Reads the options into EDITS, files after `@` included. Fails (ERROR_USAGE) if one is invalid.
bool edits_parse(const struct cli_ordered *options, struct edits *edits, struct error *err);
