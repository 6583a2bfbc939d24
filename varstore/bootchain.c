// SPDX-License-Identifier: Apache-2.0
#include "varstore/bootchain.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "varstore/loadopt.h"

bool boot_number_parse(const char *text, uint16_t *number)
{
        const char *digits = text + (text_starts_with(text, "Boot") ? strlen("Boot") : 0);
        unsigned value = 0;
        if (strlen(digits) != 4)
                return false;
        for (; *digits; digits++) {
                int digit = text_hex_digit(*digits);
                if (digit < 0)
                        return false;
                value = value << 4 | (unsigned)digit;
        }
        *number = (uint16_t)value;
        return true;
}

bool boot_entry_name(const char *name, uint16_t *number)
{
        uint16_t parsed;
        bool spelled = text_starts_with(name, "Boot") && !strpbrk(name, "abcdef") && boot_number_parse(name, &parsed);
        if (spelled && number)
                *number = parsed;
        return spelled;
}

static bool read_number(const struct varstore *store, const char *name, bool *has, uint16_t *number, struct error *err)
{
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, name);
        if (!variable)
                return true;
        if (variable->data.size != 2)
                return error_set(err, ERROR_DAMAGED, "the variable %s is %zu bytes long, not 2", name,
                                 variable->data.size);
        struct cursor cursor = cursor_at(variable->data, 0);
        *number = cursor_u16(&cursor);
        *has = true;
        return true;
}

static bool read_order(const struct varstore *store, struct bootchain *chain, struct error *err)
{
        const struct variable *variable = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "BootOrder");
        if (!variable)
                return true;
        chain->order_count = variable->data.size / 2;
        chain->order = memory_new(chain->order_count, sizeof *chain->order);
        struct cursor cursor = cursor_at(variable->data, 0);
        for (size_t i = 0; i < chain->order_count; i++)
                chain->order[i] = cursor_u16(&cursor);
        if (variable->data.size % 2)
                return error_set(err, ERROR_DAMAGED, "the variable BootOrder is %zu bytes long, an odd number",
                                 variable->data.size);
        return true;
}

static bool is_made_by_firmware(struct bytes optional_data)
{
        struct cursor cursor = cursor_at(optional_data, 0);
        return optional_data.size == sizeof(struct guid) &&
               guid_equal(guid_read(&cursor), GUID_BDS_AUTO_CREATED_BOOT_OPTION);
}

// The first device path of a path list is the one that is started.
static struct bytes first_path(struct bytes list)
{
        size_t size;
        struct bytes path;
        devpath_valid(list, &size);
        bytes_slice(list, 0, size, &path);
        return path.size ? path : list;
}

static struct boot_entry read_entry(uint16_t number, const struct variable *variable)
{
        AUTO_LOADOPT struct loadopt option = {0};
        struct boot_entry entry = {.number = number};
        entry.damaged = !loadopt_read(variable->data, &option, NULL);
        entry.offset = variable->offset;
        entry.attributes = option.attributes;
        entry.active = option.attributes & LOAD_OPTION_ACTIVE;
        entry.hidden = option.attributes & LOAD_OPTION_HIDDEN;
        entry.label = MEMORY_TAKE(option.description);
        entry.device_path = first_path(option.path);
        entry.path = devpath_text(entry.device_path);
        entry.loader = devpath_file(entry.device_path);
        entry.has_partition = devpath_partition(entry.device_path, &entry.partition);
        entry.optional_data = option.optional_data;
        entry.made_by_firmware = is_made_by_firmware(option.optional_data);
        return entry;
}

static int compare_numbers(const void *left, const void *right)
{
        const struct boot_entry *a = left;
        const struct boot_entry *b = right;
        return (int)a->number - (int)b->number;
}

static struct boot_entry *find_entry(const struct bootchain *chain, uint16_t number)
{
        struct boot_entry key = {.number = number};
        return chain->entry_count ? bsearch(&key, chain->entries, chain->entry_count, sizeof key, compare_numbers)
                                  : NULL;
}

static void read_entries(const struct varstore *store, struct bootchain *chain)
{
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));) {
                uint16_t number;
                if (!guid_equal(variable->vendor, GUID_EFI_GLOBAL_VARIABLE) ||
                    !boot_entry_name(variable->name, &number))
                        continue;
                *MEMORY_ADD(chain->entries, chain->entry_count) = read_entry(number, variable);
        }
        if (chain->entry_count)
                qsort(chain->entries, chain->entry_count, sizeof *chain->entries, compare_numbers);
}

static void place_entries(struct bootchain *chain)
{
        // If a number is in the order more than once, the first place counts.
        for (size_t i = chain->order_count; i-- > 0;) {
                struct boot_entry *entry = find_entry(chain, chain->order[i]);
                if (entry) {
                        entry->ordered = true;
                        entry->position = i;
                }
        }
}

bool bootchain_read(const struct varstore *store, struct bootchain *chain, struct error *err)
{
        *chain = (struct bootchain){0};
        bool whole = read_order(store, chain, err);
        read_entries(store, chain);
        place_entries(chain);
        // The first error is reported; the rest is still read.
        whole = read_number(store, "BootNext", &chain->has_next, &chain->next, whole ? err : NULL) && whole;
        whole = read_number(store, "Timeout", &chain->has_timeout, &chain->timeout, whole ? err : NULL) && whole;
        return whole;
}

void bootchain_free(struct bootchain *chain)
{
        for (size_t i = 0; i < chain->entry_count; i++) {
                free(chain->entries[i].label);
                free(chain->entries[i].path);
                free(chain->entries[i].loader);
        }
        free(chain->entries);
        free(chain->order);
        *chain = (struct bootchain){0};
}

// Whether the firmware would try A before B.
static bool comes_before(const struct boot_entry *a, const struct boot_entry *b)
{
        if (a->ordered != b->ordered)
                return a->ordered;
        if (a->active != b->active)
                return a->active;
        if (a->position != b->position)
                return a->position < b->position;
        return a->number < b->number;
}

const struct boot_entry *bootchain_find_label(const struct bootchain *chain, const char *label)
{
        const struct boot_entry *found = NULL;
        for (size_t i = 0; i < chain->entry_count; i++) {
                const struct boot_entry *entry = &chain->entries[i];
                if (strcmp(entry->label, label) == 0 && (!found || comes_before(entry, found)))
                        found = entry;
        }
        return found;
}

const struct boot_entry *bootchain_find_number(const struct bootchain *chain, uint16_t number)
{
        return find_entry(chain, number);
}

const struct boot_entry *bootchain_first(const struct bootchain *chain)
{
        for (size_t i = 0; i < chain->order_count; i++) {
                const struct boot_entry *entry = bootchain_find_number(chain, chain->order[i]);
                if (entry && entry->active)
                        return entry;
        }
        return NULL;
}

char *bootchain_names(const struct bootchain *chain)
{
        struct text text = {0};
        for (size_t i = 0; i < chain->entry_count; i++)
                text_add_format(&text, "%sBoot%04X \"%s\"", i ? ", " : "", chain->entries[i].number,
                                chain->entries[i].label);
        return text_take(&text);
}

// In a typed path, slashes and backslashes are equal, and a leading one may be omitted.
static int path_character(char character)
{
        if (character == '/')
                return '\\';
        return character >= 'a' && character <= 'z' ? character - 'a' + 'A' : (unsigned char)character;
}

bool boot_loader_equal(const char *a, const char *b)
{
        a += *a == '\\' || *a == '/';
        b += *b == '\\' || *b == '/';
        for (; *a && path_character(*a) == path_character(*b); a++)
                b++;
        return path_character(*a) == path_character(*b);
}

void bootchain_judge(const struct varstore *store, const struct bootchain *chain, struct remarks *remarks)
{
        for (size_t i = 0; i < chain->entry_count; i++)
                if (chain->entries[i].damaged)
                        remarks_add(remarks, chain->entries[i].offset, REMARK_ODD,
                                    "Boot%04X is not a complete load option", chain->entries[i].number);
        const struct variable *order = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "BootOrder");
        for (size_t i = 0; i < chain->order_count; i++)
                if (!bootchain_find_number(chain, chain->order[i]))
                        remarks_add(remarks, order->offset, REMARK_NOTE,
                                    "BootOrder names Boot%04X, which does not exist", chain->order[i]);
        const struct variable *next = varstore_find(store, GUID_EFI_GLOBAL_VARIABLE, "BootNext");
        if (chain->has_next && !bootchain_find_number(chain, chain->next))
                remarks_add(remarks, next->offset, REMARK_NOTE, "BootNext names Boot%04X, which does not exist",
                            chain->next);
}
