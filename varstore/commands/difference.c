// SPDX-License-Identifier: Apache-2.0
#include "varstore/commands/difference.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "varstore/report.h"
#include "varstore/value.h"

static void print_line(const char *line)
{
        AUTO_FREE char *printable = text_printable(line, strlen(line), false);
        puts(printable);
}

static char *title_of(const struct variable *variable)
{
        char spelled[37];
        guid_text(variable->vendor, spelled);
        const char *vendor = guid_name(variable->vendor);
        return text_format("%s %s", variable->name, vendor ? vendor : spelled);
}

static void print_one(char sign, const struct variable *variable)
{
        AUTO_FREE char *title = title_of(variable);
        AUTO_FREE char *attributes = variable_attributes_text(variable->attributes);
        AUTO_FREE char *value = value_summary(variable);
        AUTO_FREE char *line = text_format("%c %s: %s, %zu byte%s, %s", sign, title, attributes, variable->data.size,
                                           variable->data.size == 1 ? "" : "s", value);
        print_line(line);
}

// The old and the new value; if both look alike, their sizes.
static void add_data(struct text *line, const struct variable *a, const struct variable *b)
{
        AUTO_FREE char *was = value_summary(a);
        AUTO_FREE char *is = value_summary(b);
        if (strcmp(was, is) != 0)
                text_add_format(line, "%s -> %s", was, is);
        else
                text_add_format(line, "different data, %zu bytes -> %zu bytes", a->data.size, b->data.size);
}

static void print_changed(const struct difference *difference)
{
        AUTO_FREE char *title = title_of(difference->b);
        AUTO_TEXT struct text line = {0};
        text_add_format(&line, "~ %s: ", title);
        if (difference->attributes) {
                AUTO_FREE char *was = variable_attributes_text(difference->a->attributes);
                AUTO_FREE char *is = variable_attributes_text(difference->b->attributes);
                text_add_format(&line, "%s -> %s", was, is);
        }
        if (difference->data) {
                text_add(&line, difference->attributes ? "; " : "");
                add_data(&line, difference->a, difference->b);
        }
        if (difference->stamps)
                text_add_format(&line, "%sdifferent time stamp or count",
                                difference->attributes || difference->data ? "; " : "");
        print_line(text_string(&line));
}

static void print_difference(const struct difference *difference)
{
        if (difference->told)
                return;
        if (!difference->b)
                print_one('-', difference->a);
        else if (!difference->a)
                print_one('+', difference->b);
        else
                print_changed(difference);
}

void difference_print(const struct differences *differences)
{
        for (size_t i = 0; i < differences->sentence_count; i++)
                print_line(differences->sentences[i].text);
        for (size_t i = 0; i < differences->count; i++)
                print_difference(&differences->items[i]);
}

json_t *difference_json(const struct differences *differences)
{
        json_t *boot = json_array();
        json_t *only_a = json_array();
        json_t *only_b = json_array();
        json_t *changed = json_array();
        for (size_t i = 0; i < differences->sentence_count; i++)
                json_array_append_new(boot, report_text(differences->sentences[i].text));
        for (size_t i = 0; i < differences->count; i++) {
                const struct difference *difference = &differences->items[i];
                if (!difference->b)
                        json_array_append_new(only_a, report_variable(difference->a));
                else if (!difference->a)
                        json_array_append_new(only_b, report_variable(difference->b));
                else
                        json_array_append_new(changed,
                                              json_pack("{s:o, s:o, s:b, s:b, s:b}",          //
                                                        "a", report_variable(difference->a),  //
                                                        "b", report_variable(difference->b),  //
                                                        "attributes", difference->attributes, //
                                                        "data", difference->data, "stamps", difference->stamps));
        }
        return json_pack("{s:b, s:o, s:o, s:o, s:o}", "same", differences->count == 0, "boot", boot, "only_a", only_a,
                         "only_b", only_b, "changed", changed);
}
