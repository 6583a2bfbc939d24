// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/chain.h"

#include <string.h>

#include "base/memory.h"
#include "launcher/report/html.h"
#include "varstore/bootchain.h"
#include "varstore/difference.h"

enum {
        ENTRIES_MOST = 64,
        SENTENCES_MOST = 64,
        VARIABLES_MOST = 200,
};

// What happened to a variable, seen from one of the two stores; NULL if it is unchanged.
static const char *change_of(const struct differences *differences, uint16_t number, bool is_after)
{
        for (size_t i = 0; differences && i < differences->count; i++) {
                const struct difference *item = &differences->items[i];
                uint16_t found;
                if (!boot_entry_name(item->a ? item->a->name : item->b->name, &found) || found != number)
                        continue;
                if (item->a && item->b)
                        return "changed";
                return is_after == !item->a ? (is_after ? "new" : "gone") : NULL;
        }
        return NULL;
}

static void add_tag(struct text *html, const char *word)
{
        if (word)
                text_add_format(html, " <span class=\"tag %s\">%s</span>", word, word);
}

static void add_entry(struct text *html, const struct boot_entry *entry, const char *change)
{
        text_add_format(html, "<li class=\"entry%s%s\"><b class=\"code\">Boot%04X</b> ", change ? " " : "",
                        change ? change : "", entry->number);
        html_add(html, entry->label ? entry->label : "");
        add_tag(html, change);
        if (!entry->active)
                text_add(html, " <span class=\"tag\">inactive</span>");
        if (!entry->ordered)
                text_add(html, " <span class=\"tag\">not in BootOrder</span>");
        html_element(html, "small class=\"code\"", entry->path);
        text_add(html, "</li>\n");
}

static bool stands_at(const struct boot_entry *entry, size_t position)
{
        return entry->ordered && entry->position == position;
}

// Adds the entries in the firmware's order, then those that it does not try.
static void add_entries(struct text *html, const struct bootchain *chain, const struct differences *differences,
                        bool is_after)
{
        size_t added = 0;
        text_add(html, "<ol class=\"chain\">\n");
        for (size_t position = 0; position <= chain->order_count; position++) {
                bool is_rest = position == chain->order_count;
                for (size_t i = 0; i < chain->entry_count && added < ENTRIES_MOST; i++) {
                        const struct boot_entry *entry = &chain->entries[i];
                        if (is_rest ? entry->ordered : !stands_at(entry, position))
                                continue;
                        add_entry(html, entry, change_of(differences, entry->number, is_after));
                        added++;
                }
        }
        text_add(html, "</ol>\n");
        if (chain->entry_count > added)
                text_add_format(html, "<p class=\"note\">%zu more entries are not shown.</p>\n",
                                chain->entry_count - added);
}

static void add_facts(struct text *html, const struct bootchain *chain)
{
        text_add(html, "<p class=\"facts\">");
        if (chain->has_next)
                text_add_format(html, "BootNext %04X \xC2\xB7 ", chain->next);
        text_add(html, "BootOrder ");
        for (size_t i = 0; i < chain->order_count && i < ENTRIES_MOST; i++)
                text_add_format(html, "%s%04X", i ? ", " : "", chain->order[i]);
        if (!chain->order_count)
                text_add(html, "not set");
        if (chain->has_timeout)
                text_add_format(html, " \xC2\xB7 Timeout %u s", chain->timeout);
        text_add(html, "</p>\n");
}

static void add_side(struct text *html, const char *title, const struct varstore *store,
                     const struct differences *differences, bool is_after)
{
        AUTO_BOOTCHAIN struct bootchain chain = {0};
        AUTO_ERROR struct error err = {0};
        text_add(html, "<div class=\"side\">");
        html_element(html, "h3", title);
        if (varstore_is_blank(store)) {
                text_add(html,
                         "<p>Blank: the firmware formats it when it first starts, and finds the devices itself.</p>"
                         "</div>\n");
                return;
        }
        if (!bootchain_read(store, &chain, &err))
                html_element(html, "p class=\"note\"", err.message);
        add_facts(html, &chain);
        add_entries(html, &chain, differences, is_after);
        text_add(html, "</div>\n");
}

static void add_sentences(struct text *html, const struct differences *differences)
{
        text_add(html, "<ul class=\"changes\">\n");
        for (size_t i = 0; i < differences->sentence_count && i < SENTENCES_MOST; i++)
                html_element(html, "li", differences->sentences[i].text);
        text_add(html, "</ul>\n");
}

static void add_variables(struct text *html, const struct differences *differences)
{
        size_t untold = 0;
        for (size_t i = 0; i < differences->count; i++)
                untold += !differences->items[i].told;
        if (!untold)
                return;
        text_add_format(html, "<details><summary>%zu other variable%s</summary><ul class=\"variables\">\n", untold,
                        untold == 1 ? "" : "s");
        for (size_t i = 0; i < differences->count && i < VARIABLES_MOST; i++) {
                const struct difference *item = &differences->items[i];
                if (item->told)
                        continue;
                text_add_format(html, "<li><span class=\"tag\">%s</span> ",
                                !item->a   ? "new"
                                : !item->b ? "gone"
                                           : "changed");
                html_add(html, item->a ? item->a->name : item->b->name);
                text_add(html, "</li>\n");
        }
        text_add(html, "</ul></details>\n");
}

void chain_to_html(struct text *html, const char *before_title, const struct varstore *before, const char *after_title,
                   const struct varstore *after)
{
        AUTO_DIFFERENCES struct differences differences = {0};
        if (before)
                differences_find(before, after, &differences);
        text_add(html, "<div class=\"sides\">\n");
        if (before)
                add_side(html, before_title, before, &differences, false);
        add_side(html, after_title, after, before ? &differences : NULL, true);
        text_add(html, "</div>\n");
        if (!before)
                return;
        if (!differences.count) {
                text_add(html, "<p class=\"same\">Nothing changed.</p>\n");
                return;
        }
        html_element(html, "h4", "What changed");
        add_sentences(html, &differences);
        add_variables(html, &differences);
}
