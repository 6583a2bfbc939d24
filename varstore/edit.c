// SPDX-License-Identifier: Apache-2.0
#include "varstore/edit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"
#include "varstore/loadopt.h"
#include "varstore/naming.h"

static const uint32_t NV_BS_RT =
        EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;

static const uint32_t AUTHENTICATED = EFI_VARIABLE_AUTHENTICATED_WRITE_ACCESS |
                                      EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS |
                                      EFI_VARIABLE_ENHANCED_AUTHENTICATED_ACCESS;

void edits_free(struct edits *edits)
{
        for (size_t i = 0; i < edits->count; i++) {
                free(edits->items[i].entry);
                free(edits->items[i].label);
                free(edits->items[i].loader);
                free(edits->items[i].name);
                buffer_free(&edits->items[i].data);
        }
        free(edits->items);
        *edits = (struct edits){0};
}

struct edit *edits_add(struct edits *edits, enum edit_kind kind)
{
        struct edit *edit = MEMORY_ADD(edits->items, edits->count);
        edit->kind = kind;
        return edit;
}

// ---- variables of the boot chain ----

// Sets a variable of the global vendor, keeping the attributes that it has.
static bool set_global(struct varstore *store, const char *name, struct bytes data, struct error *err)
{
        const struct variable *existing = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name);
        return varstore_set(store, GUID_EFI_GLOBAL_VARIABLE, name, existing ? existing->attributes : NV_BS_RT, data,
                            err);
}

static bool delete_global(struct varstore *store, const char *name, struct error *err)
{
        return !varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name) ||
               varstore_delete(store, GUID_EFI_GLOBAL_VARIABLE, name, err);
}

static bool set_number(struct varstore *store, const char *name, uint16_t number, struct error *err)
{
        uint8_t data[2] = {number & 0xFF, number >> 8};
        return set_global(store, name, (struct bytes){data, sizeof data}, err);
}

static bool set_entry(struct varstore *store, uint16_t number, struct bytes option, struct error *err)
{
        AUTO_FREE char *name = text_format("Boot%04X", number);
        return set_global(store, name, option, err);
}

// If BootOrder would be empty, the variable is deleted.
static bool set_order(struct varstore *store, const uint16_t *numbers, size_t count, struct error *err)
{
        AUTO_BUFFER struct buffer data = {0};
        for (size_t i = 0; i < count; i++)
                buffer_add_u16(&data, numbers[i]);
        return count ? set_global(store, "BootOrder", buffer_view(&data), err) : delete_global(store, "BootOrder", err);
}

static bool is_ordered(const struct bootchain *chain, uint16_t number)
{
        for (size_t i = 0; i < chain->order_count; i++)
                if (chain->order[i] == number)
                        return true;
        return false;
}

// BootOrder without NUMBER; the numbers left are its first ones.
static void take_from_order(struct bootchain *chain, uint16_t number)
{
        size_t count = 0;
        for (size_t i = 0; i < chain->order_count; i++)
                if (chain->order[i] != number)
                        chain->order[count++] = chain->order[i];
        chain->order_count = count;
}

static bool move_in_order(struct varstore *store, struct bootchain *chain, uint16_t number, bool last,
                          struct error *err)
{
        take_from_order(chain, number);
        AUTO_FREE uint16_t *order = memory_new(chain->order_count + 1, sizeof *order);
        order[last ? chain->order_count : 0] = number;
        if (chain->order_count)
                memcpy(order + (last ? 0 : 1), chain->order, chain->order_count * sizeof *order);
        return set_order(store, order, chain->order_count + 1, err);
}

// The data of an entry's variable, which the caller frees.
static bool copy_option(const struct varstore *store, uint16_t number, struct buffer *option, struct error *err)
{
        AUTO_FREE char *name = text_format("Boot%04X", number);
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name);
        buffer_add_bytes(option, variable->data);
        if (option->size >= sizeof(uint32_t))
                return true;
        return error_set(err, ERROR_DAMAGED, "%s is %zu bytes long, which is not a load option", name, option->size);
}

// ---- applying edits ----

struct editing {
        struct varstore *store;
        const struct edit *edit;
        bool force;
};

// A number is free if nothing names it: an entry that BootOrder or BootNext already names would be started at once.
static bool find_free_number(const struct bootchain *chain, uint16_t *number, struct error *err)
{
        for (uint32_t candidate = 0; candidate <= UINT16_MAX; candidate++) {
                *number = (uint16_t)candidate;
                if (!bootchain_find_number(chain, *number) && !is_ordered(chain, *number) &&
                    !(chain->has_next && chain->next == *number))
                        return true;
        }
        return error_set(err, ERROR_ENVIRONMENT, "every number from 0000 to FFFF is in use");
}

static bool choose_number(const struct edit *edit, const struct bootchain *chain, uint16_t *number, struct error *err)
{
        if (!edit->has_number)
                return find_free_number(chain, number, err);
        *number = edit->number;
        const struct boot_entry *taken = bootchain_find_number(chain, edit->number);
        if (!taken)
                return true;
        AUTO_FREE char *label = text_printable(taken->label, strlen(taken->label), false);
        return error_set(err, ERROR_USAGE, "Boot%04X already exists: \"%s\"", edit->number, label);
}

// A file's path begins at the root of its volume.
static bool build_option(const struct edit *edit, struct buffer *option, struct error *err)
{
        bool rooted = *edit->loader == '\\' || *edit->loader == '/';
        AUTO_FREE char *loader = text_format("%s%s", rooted ? "" : "\\", edit->loader);
        AUTO_BUFFER struct buffer path = {0};
        if (!devpath_build(&edit->partition, loader, &path))
                return error_set(err, ERROR_USAGE, "the loader's path is not valid UTF-8, or too long");
        struct loadopt parts = {
                .attributes = LOAD_OPTION_ACTIVE,
                .description = edit->label,
                .path = buffer_view(&path),
                .optional_data = buffer_view(&edit->data),
        };
        return loadopt_build(&parts, option, err);
}

static bool apply_boot_add(const struct editing *editing, struct error *err)
{
        const struct edit *edit = editing->edit;
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_BUFFER struct buffer option = {0};
        uint16_t number;
        if (!edit->label || !edit->loader || !*edit->loader || !edit->has_partition)
                return error_set(err, ERROR_USAGE, "an entry needs a label, a loader and a partition");
        return bootchain_read(editing->store, &chain, err) && choose_number(edit, &chain, &number, err) &&
               build_option(edit, &option, err) && set_entry(editing->store, number, buffer_view(&option), err) &&
               move_in_order(editing->store, &chain, number, edit->last, err);
}

// A missing entry that BootOrder or BootNext still names can be removed too.
static bool find_removable(const struct bootchain *chain, const char *text, uint16_t *number, struct error *err)
{
        AUTO_ERROR struct error missing = {0};
        const struct boot_entry *entry = naming_find_entry(chain, text, &missing);
        if (entry) {
                *number = entry->number;
                return true;
        }
        if (boot_number_parse(text, number) &&
            (is_ordered(chain, *number) || (chain->has_next && chain->next == *number)))
                return true;
        return error_set(err, missing.code, "%s", missing.message);
}

static bool apply_boot_remove(const struct editing *editing, struct error *err)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        uint16_t number;
        if (!bootchain_read(editing->store, &chain, err) || !find_removable(&chain, editing->edit->entry, &number, err))
                return false;
        AUTO_FREE char *name = text_format("Boot%04X", number);
        bool was_ordered = is_ordered(&chain, number);
        take_from_order(&chain, number);
        return delete_global(editing->store, name, err) &&
               (!was_ordered || set_order(editing->store, chain.order, chain.order_count, err)) &&
               (!chain.has_next || chain.next != number || delete_global(editing->store, "BootNext", err));
}

static bool apply_boot_label(const struct editing *editing, struct error *err)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_BUFFER struct buffer old = {0};
        AUTO_BUFFER struct buffer new = {0};
        AUTO_LOADOPT struct loadopt option = {0};
        if (!bootchain_read(editing->store, &chain, err))
                return false;
        const struct boot_entry *entry = naming_find_entry(&chain, editing->edit->entry, err);
        if (!entry || !copy_option(editing->store, entry->number, &old, err))
                return false;
        if (!loadopt_read(buffer_view(&old), &option, err))
                return error_wrap(err, "Boot%04X", entry->number);
        struct loadopt relabelled = option;
        relabelled.description = editing->edit->label;
        return loadopt_build(&relabelled, &new, err) &&
               set_entry(editing->store, entry->number, buffer_view(&new), err);
}

// Changes only the one bit, even in an incomplete load option.
static bool set_active(const struct editing *editing, bool active, struct error *err)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_BUFFER struct buffer option = {0};
        if (!bootchain_read(editing->store, &chain, err))
                return false;
        const struct boot_entry *entry = naming_find_entry(&chain, editing->edit->entry, err);
        if (!entry || !copy_option(editing->store, entry->number, &option, err))
                return false;
        option.data[0] = (uint8_t)((option.data[0] & ~LOAD_OPTION_ACTIVE) | (active ? LOAD_OPTION_ACTIVE : 0));
        return set_entry(editing->store, entry->number, buffer_view(&option), err);
}

static bool apply_boot_activate(const struct editing *editing, struct error *err)
{
        return set_active(editing, true, err);
}

static bool apply_boot_deactivate(const struct editing *editing, struct error *err)
{
        return set_active(editing, false, err);
}

// The numbers of the entries that LIST names, separated by commas. ORDER must have room for one more than the commas.
static bool read_order_list(const struct bootchain *chain, const char *list, uint16_t *order, size_t *count,
                            struct error *err)
{
        for (*count = 0;; list++) {
                size_t length = strcspn(list, ",");
                AUTO_FREE char *named = text_format("%.*s", (int)length, list);
                const struct boot_entry *entry = naming_find_entry(chain, named, err);
                if (!entry)
                        return false;
                for (size_t i = 0; i < *count; i++)
                        if (order[i] == entry->number)
                                return error_set(err, ERROR_USAGE, "Boot%04X is named twice", entry->number);
                order[(*count)++] = entry->number;
                list += length;
                if (!*list)
                        return true;
        }
}

static bool apply_boot_order(const struct editing *editing, struct error *err)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        const char *list = editing->edit->entry;
        // The old BootOrder may be damaged: this repairs it.
        bootchain_read(editing->store, &chain, NULL);
        AUTO_FREE uint16_t *order = memory_new(strlen(list) + 1, sizeof *order);
        size_t count;
        return read_order_list(&chain, list, order, &count, err) && set_order(editing->store, order, count, err);
}

static bool apply_boot_first(const struct editing *editing, struct error *err)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        if (!bootchain_read(editing->store, &chain, err))
                return false;
        const struct boot_entry *entry = naming_find_entry(&chain, editing->edit->entry, err);
        return entry && move_in_order(editing->store, &chain, entry->number, false, err);
}

static bool apply_boot_next(const struct editing *editing, struct error *err)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        if (strcmp(editing->edit->entry, "none") == 0)
                return delete_global(editing->store, "BootNext", err);
        bootchain_read(editing->store, &chain, NULL);
        const struct boot_entry *entry = naming_find_entry(&chain, editing->edit->entry, err);
        return entry && set_number(editing->store, "BootNext", entry->number, err);
}

static bool apply_timeout(const struct editing *editing, struct error *err)
{
        return set_number(editing->store, "Timeout", editing->edit->seconds, err);
}

// ---- any variable ----

// The variables that need a signature to change, whether they exist or not.
static bool is_key(struct guid vendor, const char *name)
{
        static const struct {
                const struct guid *vendor;
                const char *name;
        } keys[] = {
                {&GUID_EFI_GLOBAL_VARIABLE, "PK"},          {&GUID_EFI_GLOBAL_VARIABLE, "KEK"},
                {&GUID_EFI_IMAGE_SECURITY_DATABASE, "db"},  {&GUID_EFI_IMAGE_SECURITY_DATABASE, "dbx"},
                {&GUID_EFI_IMAGE_SECURITY_DATABASE, "dbt"}, {&GUID_EFI_IMAGE_SECURITY_DATABASE, "dbr"},
        };
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
                if (guid_equal(*keys[i].vendor, vendor) && strcmp(keys[i].name, name) == 0)
                        return true;
        return false;
}

static bool refuse_authenticated(const char *name, struct error *err)
{
        AUTO_FREE char *shown = text_printable(name, strlen(name), false);
        return error_set(err, ERROR_USAGE,
                         "%s is authenticated: the firmware accepts only values signed with the key above it, and this "
                         "edit would bypass that; use --force to change it anyway",
                         shown);
}

// The vendor that an edit means. It is an error if several vendors have a variable of that name, but not if none has.
static bool choose_vendor(const struct varstore *store, const struct edit *edit, struct guid *vendor, struct error *err)
{
        *vendor = edit->vendor;
        if (edit->has_vendor)
                return true;
        AUTO_ERROR struct error failure = {0};
        const struct variable *existing = naming_find_variable(store, edit->name, NULL, &failure);
        *vendor = existing ? existing->vendor : naming_usual_vendor(edit->name);
        return existing || failure.code == ERROR_NO || error_set(err, failure.code, "%s", failure.message);
}

static bool has_value(const struct variable *existing, const struct variable *wanted)
{
        return existing->attributes == wanted->attributes && bytes_equal(existing->data, wanted->data) &&
               memcmp(existing->time, wanted->time, sizeof wanted->time) == 0;
}

static bool check_attributes(uint32_t attributes, struct error *err)
{
        if (!(attributes & EFI_VARIABLE_NON_VOLATILE))
                return error_set(err, ERROR_USAGE, "attributes without NV: only variables with NV are stored");
        if ((attributes & EFI_VARIABLE_RUNTIME_ACCESS) && !(attributes & EFI_VARIABLE_BOOTSERVICE_ACCESS))
                return error_set(err, ERROR_USAGE, "attributes with RT but without BS: no firmware accepts them");
        return true;
}

static bool apply_set(const struct editing *editing, struct error *err)
{
        const struct edit *edit = editing->edit;
        struct guid vendor;
        if (!choose_vendor(editing->store, edit, &vendor, err))
                return false;
        const struct variable *existing = varstore_find(editing->store, vendor, edit->name);
        struct variable wanted = existing ? *existing : (struct variable){.vendor = vendor, .attributes = NV_BS_RT};
        if (!existing && is_key(vendor, edit->name))
                wanted.attributes |= EFI_VARIABLE_TIME_BASED_AUTHENTICATED_WRITE_ACCESS;
        wanted.name = edit->name;
        wanted.data = buffer_view(&edit->data);
        if (edit->has_attributes)
                wanted.attributes = edit->attributes;
        if (edit->has_time)
                memcpy(wanted.time, edit->time, sizeof wanted.time);
        if (!check_attributes(wanted.attributes, err))
                return false;
        bool authenticated = is_key(vendor, edit->name) || (wanted.attributes & AUTHENTICATED) ||
                             (existing && (existing->attributes & AUTHENTICATED));
        if (authenticated && !editing->force && !(existing && has_value(existing, &wanted)))
                return refuse_authenticated(edit->name, err);
        return varstore_put(editing->store, &wanted, err);
}

static bool apply_delete(const struct editing *editing, struct error *err)
{
        const struct edit *edit = editing->edit;
        const struct variable *variable =
                naming_find_variable(editing->store, edit->name, edit->has_vendor ? &edit->vendor : NULL, err);
        if (!variable)
                return false;
        if (!editing->force && ((variable->attributes & AUTHENTICATED) || is_key(variable->vendor, variable->name)))
                return refuse_authenticated(variable->name, err);
        return varstore_delete(editing->store, variable->vendor, edit->name, err);
}

static const struct {
        const char *name;
        bool (*apply)(const struct editing *editing, struct error *err);
} EDITS[] = {
        [EDIT_BOOT_ADD] = {"boot-add", apply_boot_add},
        [EDIT_BOOT_REMOVE] = {"boot-remove", apply_boot_remove},
        [EDIT_BOOT_LABEL] = {"boot-label", apply_boot_label},
        [EDIT_BOOT_ACTIVATE] = {"boot-activate", apply_boot_activate},
        [EDIT_BOOT_DEACTIVATE] = {"boot-deactivate", apply_boot_deactivate},
        [EDIT_BOOT_ORDER] = {"boot-order", apply_boot_order},
        [EDIT_BOOT_FIRST] = {"boot-first", apply_boot_first},
        [EDIT_BOOT_NEXT] = {"boot-next", apply_boot_next},
        [EDIT_TIMEOUT] = {"timeout", apply_timeout},
        [EDIT_SET] = {"set", apply_set},
        [EDIT_DELETE] = {"delete", apply_delete},
};

const char *edit_name(enum edit_kind kind)
{
        return EDITS[kind].name;
}

static bool apply_all(const struct edits *edits, struct varstore *store, bool force, struct error *err)
{
        if (varstore_is_blank(store) && !varstore_format(store, err))
                return false;
        if (!varstore_may_change(store, err))
                return false;
        for (size_t i = 0; i < edits->count; i++) {
                struct editing editing = {.store = store, .edit = &edits->items[i], .force = force};
                if (!EDITS[editing.edit->kind].apply(&editing, err))
                        return error_wrap(err, "%s", edit_name(editing.edit->kind));
        }
        return true;
}

bool edits_apply(const struct edits *edits, struct varstore *store, bool force, struct error *err)
{
        if (!edits->count)
                return true;
        AUTO_VARSTORE_MOMENT struct varstore_moment *moment = varstore_remember(store);
        if (apply_all(edits, store, force, err))
                return true;
        varstore_go_back(store, moment);
        return false;
}
