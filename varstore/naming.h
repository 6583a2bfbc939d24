// SPDX-License-Identifier: Apache-2.0
//
// How a person names what is in a store.
//
// A boot entry: its number, "0004" or "Boot0004", or its label; the number is looked at first, and a label that several
// entries have names none of them. A variable: NAME or NAME:VENDOR, the vendor as a GUID or by its known name ("db",
// "db:EFI_IMAGE_SECURITY_DATABASE", "Timeout:8BE4DF61-93CA-11D2-AA0D-00E098032B8C").
//
// What these functions quote in a message is fit for a terminal.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "varstore/bootchain.h"
#include "varstore/guid.h"
#include "varstore/varstore.h"

// The entry that TEXT names. NULL (ERROR_NO, with those that there are) where there is none, (ERROR_USAGE) where several
// have this label.
const struct boot_entry *naming_find_entry(const struct bootchain *chain, const char *text, struct error *err);

// A variable as it was named.
struct variable_naming {
        char *name; // owned
        bool has_vendor;
        struct guid vendor;
};
void variable_naming_free(struct variable_naming *naming);
#define AUTO_VARIABLE_NAMING __attribute__((cleanup(variable_naming_free)))

// Reads NAME[:VENDOR]. Fails where the name is empty or what follows the last colon is no vendor.
bool naming_parse_variable(const char *text, struct variable_naming *naming, struct error *err);

// The variable of that name; VENDOR is NULL where none was given. NULL (ERROR_NO) where there is none, (ERROR_USAGE, with
// the vendors) where several vendors have one.
const struct variable *naming_find_variable(const struct varstore *store, const char *name, const struct guid *vendor,
                                            struct error *err);

// The vendor who is known for variables of that name: the one of Secure Boot's databases for db and its like, else the
// global one.
struct guid naming_usual_vendor(const char *name);
