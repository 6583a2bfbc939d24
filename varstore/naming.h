// SPDX-License-Identifier: Apache-2.0
//
// How a user names boot entries and variables.
//
// A boot entry: its number, "0004" or "Boot0004", or its label. Numbers are tried first; a label that several entries
// have is an error. A variable: NAME or NAME:VENDOR, the vendor as a GUID or by its known name ("db",
// "db:EFI_IMAGE_SECURITY_DATABASE", "Timeout:8BE4DF61-93CA-11D2-AA0D-00E098032B8C").
//
// Names quoted in messages are safe for a terminal.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "varstore/bootchain.h"
#include "varstore/guid.h"
#include "varstore/varstore.h"

// The entry that TEXT names. NULL if not found (ERROR_NO, with the existing ones) or if several have this label
// (ERROR_USAGE).
const struct boot_entry *naming_find_entry(const struct bootchain *chain, const char *text, struct error *err);

// A variable as the user named it.
struct variable_naming {
        char *name; // owned
        bool has_vendor;
        struct guid vendor;
};
void variable_naming_free(struct variable_naming *naming);
#define AUTO_VARIABLE_NAMING __attribute__((cleanup(variable_naming_free)))

// Reads NAME[:VENDOR]. Fails if the name is empty or what follows the last colon is not a vendor.
bool naming_parse_variable(const char *text, struct variable_naming *naming, struct error *err);

// The variable of that name; VENDOR is NULL if none was given. NULL if not found (ERROR_NO) or if several vendors have
// one (ERROR_USAGE, with the vendors).
const struct variable *naming_find_variable(const struct varstore *store, const char *name, const struct guid *vendor,
                                            struct error *err);

// The usual vendor of variables of that name: that of Secure Boot's databases for db, dbx, dbt and dbr, else the global
// one.
struct guid naming_usual_vendor(const char *name);
