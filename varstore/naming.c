// SPDX-License-Identifier: Apache-2.0
#include "varstore/naming.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static char *shown(const char *text)
{
        return text_printable(text, strlen(text), false);
}

static const struct boot_entry *no_entry(const struct bootchain *chain, const char *text, struct error *err)
{
        AUTO_FREE char *wanted = shown(text);
        AUTO_FREE char *names = bootchain_names(chain);
        AUTO_FREE char *there = shown(names);
        error_set(err, ERROR_NO, "no boot entry has the number or label '%s'; the store has %s", wanted,
                  *there ? there : "none");
        return NULL;
}

const struct boot_entry *naming_find_entry(const struct bootchain *chain, const char *text, struct error *err)
{
        uint16_t number;
        if (boot_number_parse(text, &number) && bootchain_find_number(chain, number))
                return bootchain_find_number(chain, number);
        const struct boot_entry *found = NULL;
        for (size_t i = 0; i < chain->entry_count; i++) {
                const struct boot_entry *entry = &chain->entries[i];
                if (strcmp(entry->label, text) != 0)
                        continue;
                if (found) {
                        AUTO_FREE char *wanted = shown(text);
                        error_set(
                                err, ERROR_USAGE,
                                "several entries are labelled '%s', Boot%04X and Boot%04X among them; give the number",
                                wanted, found->number, entry->number);
                        return NULL;
                }
                found = entry;
        }
        return found ? found : no_entry(chain, text, err);
}

void variable_naming_free(struct variable_naming *naming)
{
        free(naming->name);
        *naming = (struct variable_naming){0};
}

bool naming_parse_variable(const char *text, struct variable_naming *naming, struct error *err)
{
        *naming = (struct variable_naming){0};
        const char *colon = strrchr(text, ':');
        size_t length = colon ? (size_t)(colon - text) : strlen(text);
        if (!length)
                return error_set(err, ERROR_USAGE, "invalid variable name (expected NAME or NAME:GUID)");
        if (colon && !guid_parse(colon + 1, &naming->vendor) && !guid_find(colon + 1, &naming->vendor)) {
                AUTO_FREE char *vendor = shown(colon + 1);
                return error_set(err, ERROR_USAGE, "'%s' is neither a GUID nor the name of a known vendor", vendor);
        }
        naming->has_vendor = colon;
        naming->name = text_format("%.*s", (int)length, text);
        return true;
}

static const struct variable *no_variable(const char *name, const struct guid *vendor, struct error *err)
{
        AUTO_FREE char *wanted = shown(name);
        char spelled[37];
        if (!vendor) {
                error_set(err, ERROR_NO, "variable '%s' not found", wanted);
                return NULL;
        }
        guid_text(*vendor, spelled);
        error_set(err, ERROR_NO, "variable '%s' of vendor %s not found", wanted, spelled);
        return NULL;
}

const struct variable *naming_find_variable(const struct varstore *store, const char *name, const struct guid *vendor,
                                            struct error *err)
{
        const struct variable *found = NULL;
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));) {
                if (strcmp(variable->name, name) != 0 || (vendor && !guid_equal(variable->vendor, *vendor)))
                        continue;
                if (found) {
                        char first[37];
                        char second[37];
                        guid_text(found->vendor, first);
                        guid_text(variable->vendor, second);
                        AUTO_FREE char *wanted = shown(name);
                        error_set(err, ERROR_USAGE,
                                  "several vendors have a variable '%s', %s and %s among them; give NAME:GUID", wanted,
                                  first, second);
                        return NULL;
                }
                found = variable;
        }
        return found ? found : no_variable(name, vendor, err);
}

struct guid naming_usual_vendor(const char *name)
{
        static const struct {
                const char *name;
                const struct guid *vendor;
        } usual[] = {
                {"db", &GUID_EFI_IMAGE_SECURITY_DATABASE},
                {"dbx", &GUID_EFI_IMAGE_SECURITY_DATABASE},
                {"dbt", &GUID_EFI_IMAGE_SECURITY_DATABASE},
                {"dbr", &GUID_EFI_IMAGE_SECURITY_DATABASE},
                {"MokList", &GUID_SHIM_LOCK},
                {"MokListX", &GUID_SHIM_LOCK},
                {"SbatLevel", &GUID_SHIM_LOCK},
        };
        for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
                if (strcmp(usual[i].name, name) == 0)
                        return *usual[i].vendor;
        return GUID_EFI_GLOBAL_VARIABLE;
}
