// SPDX-License-Identifier: Apache-2.0
#include "varstore/difference.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/bootchain.h"

void differences_free(struct differences *differences)
{
        for (size_t i = 0; i < differences->sentence_count; i++) {
                free(differences->sentences[i].variable);
                free(differences->sentences[i].text);
        }
        free(differences->sentences);
        free(differences->items);
        *differences = (struct differences){0};
}

// ---- variables ----

// The live variables of a store by name and vendor.
struct sorted {
        const struct variable **variables;
        size_t count;
};

static int compare(const struct variable *a, const struct variable *b)
{
        int order = strcmp(a->name, b->name);
        return order ? order : memcmp(a->vendor.bytes, b->vendor.bytes, sizeof a->vendor.bytes);
}

static int compare_pointers(const void *left, const void *right)
{
        const struct variable *const *a = left;
        const struct variable *const *b = right;
        return compare(*a, *b);
}

static struct sorted sort_variables(const struct varstore *store)
{
        struct sorted sorted = {0};
        for (const struct variable *variable = NULL; (variable = varstore_next(store, variable));)
                *MEMORY_ADD(sorted.variables, sorted.count) = variable;
        if (sorted.count)
                qsort(sorted.variables, sorted.count, sizeof(struct variable *), compare_pointers);
        return sorted;
}

static bool same_stamps(const struct variable *a, const struct variable *b)
{
        return a->monotonic_count == b->monotonic_count && a->public_key_index == b->public_key_index &&
               memcmp(a->time, b->time, sizeof a->time) == 0;
}

static void add_difference(struct differences *differences, const struct variable *a, const struct variable *b)
{
        struct difference difference = {.a = a, .b = b};
        if (a && b) {
                difference.attributes = a->attributes != b->attributes;
                difference.data = !bytes_equal(a->data, b->data);
                difference.stamps = !same_stamps(a, b);
                if (!difference.attributes && !difference.data && !difference.stamps)
                        return;
        }
        *MEMORY_ADD(differences->items, differences->count) = difference;
}

static void compare_variables(const struct varstore *a, const struct varstore *b, struct differences *differences)
{
        struct sorted in_a = sort_variables(a);
        struct sorted in_b = sort_variables(b);
        size_t i = 0;
        size_t j = 0;
        while (i < in_a.count || j < in_b.count) {
                int order = i == in_a.count ? 1 : j == in_b.count ? -1 : compare(in_a.variables[i], in_b.variables[j]);
                const struct variable *left = order <= 0 ? in_a.variables[i++] : NULL;
                const struct variable *right = order >= 0 ? in_b.variables[j++] : NULL;
                add_difference(differences, left, right);
        }
        free(in_a.variables);
        free(in_b.variables);
}

// ---- the boot chain in sentences ----

static void say(struct differences *differences, const char *variable, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static void say(struct differences *differences, const char *variable, const char *format, ...)
{
        struct difference_sentence *sentence = MEMORY_ADD(differences->sentences, differences->sentence_count);
        va_list arguments;
        va_start(arguments, format);
        *sentence = (struct difference_sentence){
                .variable = variable ? memory_text(variable) : NULL,
                .text = text_format_list(format, arguments),
        };
        va_end(arguments);
}

// One value that both chains may have: "Timeout is 0 seconds, was 5 seconds".
static void compare_values(struct differences *differences, const char *variable, const char *was, const char *is)
{
        if (strcmp(was, is) != 0)
                say(differences, variable, "%s is %s, was %s", variable, is, was);
}

static char *number_text(bool has, uint16_t number)
{
        return has ? text_format("%04X", number) : memory_text("not set");
}

static char *timeout_text(const struct bootchain *chain)
{
        return chain->has_timeout ? text_format("%u second%s", chain->timeout, chain->timeout == 1 ? "" : "s")
                                  : memory_text("not set");
}

static char *order_text(const struct bootchain *chain)
{
        struct text text = {0};
        for (size_t i = 0; i < chain->order_count; i++)
                text_add_format(&text, "%s%04X", i ? "," : "", chain->order[i]);
        return chain->order_count ? text_take(&text) : memory_text("not set");
}

static void compare_entries(const struct boot_entry *a, const struct boot_entry *b, struct differences *differences)
{
        AUTO_FREE char *name = text_format("Boot%04X", b->number);
        if (strcmp(a->label, b->label) != 0)
                say(differences, name, "%s is labelled \"%s\", was \"%s\"", name, b->label, a->label);
        if (strcmp(a->path, b->path) != 0)
                say(differences, name, "%s \"%s\" starts %s, was %s", name, b->label, b->path, a->path);
        if (a->active != b->active)
                say(differences, name, "%s \"%s\" is %s active", name, b->label, b->active ? "now" : "no longer");
        uint32_t others = a->attributes ^ b->attributes;
        if (others & ~(uint32_t)1)
                say(differences, name, "%s \"%s\" has attributes 0x%" PRIx32 ", was 0x%" PRIx32, name, b->label,
                    b->attributes, a->attributes);
        if (!bytes_equal(a->optional_data, b->optional_data))
                say(differences, name, "%s \"%s\" has different optional data: %zu bytes, was %zu bytes", name,
                    b->label, b->optional_data.size, a->optional_data.size);
}

static void add_entry(const struct boot_entry *entry, struct differences *differences)
{
        AUTO_FREE char *name = text_format("Boot%04X", entry->number);
        say(differences, name, "%s \"%s\" is new%s: %s", name, entry->label, entry->active ? "" : ", not active",
            entry->path);
}

static void remove_entry(const struct boot_entry *entry, struct differences *differences)
{
        AUTO_FREE char *name = text_format("Boot%04X", entry->number);
        say(differences, name, "%s \"%s\" is gone: %s", name, entry->label, entry->path);
}

static void compare_all_entries(const struct bootchain *a, const struct bootchain *b, struct differences *differences)
{
        size_t i = 0;
        size_t j = 0;
        while (i < a->entry_count && j < b->entry_count) {
                const struct boot_entry *left = &a->entries[i];
                const struct boot_entry *right = &b->entries[j];
                if (left->number == right->number)
                        compare_entries(left, right, differences);
                else if (left->number < right->number)
                        remove_entry(left, differences);
                else
                        add_entry(right, differences);
                i += left->number <= right->number;
                j += right->number <= left->number;
        }
        while (i < a->entry_count)
                remove_entry(&a->entries[i++], differences);
        while (j < b->entry_count)
                add_entry(&b->entries[j++], differences);
}

// What the firmware tries first, BootNext included.
static char *first_text(const struct bootchain *chain)
{
        const struct boot_entry *next = chain->has_next ? bootchain_find_number(chain, chain->next) : NULL;
        const struct boot_entry *first = next ? next : bootchain_first(chain);
        return first ? text_format("Boot%04X \"%s\"", first->number, first->label) : memory_text("none");
}

static void compare_chains(const struct varstore *a, const struct varstore *b, struct differences *differences)
{
        AUTO_BOOTCHAIN struct bootchain was = {0};
        AUTO_BOOTCHAIN struct bootchain is = {0};
        // What could be read of damaged entries is compared; so are the variables themselves.
        bootchain_read(a, &was, NULL);
        bootchain_read(b, &is, NULL);
        compare_all_entries(&was, &is, differences);
        AUTO_FREE char *next_was = number_text(was.has_next, was.next);
        AUTO_FREE char *next_is = number_text(is.has_next, is.next);
        compare_values(differences, "BootNext", next_was, next_is);
        AUTO_FREE char *timeout_was = timeout_text(&was);
        AUTO_FREE char *timeout_is = timeout_text(&is);
        compare_values(differences, "Timeout", timeout_was, timeout_is);
        AUTO_FREE char *order_was = order_text(&was);
        AUTO_FREE char *order_is = order_text(&is);
        compare_values(differences, "BootOrder", order_was, order_is);
        AUTO_FREE char *first_was = first_text(&was);
        AUTO_FREE char *first_is = first_text(&is);
        if (strcmp(first_was, first_is) != 0)
                say(differences, NULL, "the entry that is tried first is %s, was %s", first_is, first_was);
}

static bool is_told(const struct differences *differences, const struct difference *difference)
{
        const struct variable *variable = difference->a ? difference->a : difference->b;
        if (difference->attributes || difference->stamps || !guid_equal(variable->vendor, GUID_EFI_GLOBAL_VARIABLE))
                return false;
        for (size_t i = 0; i < differences->sentence_count; i++) {
                const char *about = differences->sentences[i].variable;
                if (about && strcmp(about, variable->name) == 0)
                        return true;
        }
        return false;
}

void differences_find(const struct varstore *a, const struct varstore *b, struct differences *differences)
{
        *differences = (struct differences){0};
        compare_variables(a, b, differences);
        compare_chains(a, b, differences);
        for (size_t i = 0; i < differences->count; i++)
                differences->items[i].told = is_told(differences, &differences->items[i]);
}
