// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void arguments_free(struct arguments *arguments)
{
        for (size_t i = 0; i < arguments->count; i++)
                free(arguments->values[i]);
        free(arguments->values);
        *arguments = (struct arguments){0};
}

static void add_owned(struct arguments *arguments, char *value)
{
        arguments->values = memory_resize(arguments->values, arguments->count + 2, sizeof *arguments->values);
        arguments->values[arguments->count++] = value;
        arguments->values[arguments->count] = NULL;
}

void arguments_add(struct arguments *arguments, const char *value)
{
        add_owned(arguments, memory_text(value));
}

void arguments_add_all(struct arguments *arguments, const char *const *values)
{
        for (; *values; values++)
                arguments_add(arguments, *values);
}

void arguments_add_format(struct arguments *arguments, const char *format, ...)
{
        va_list list;
        va_start(list, format);
        add_owned(arguments, text_format_list(format, list));
        va_end(list);
}

static bool needs_quotes(const char *value)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=/.,:@%";
        return !*value || value[strspn(value, plain)];
}

char *arguments_quoted(const struct arguments *arguments)
{
        struct text line = {0};
        for (size_t i = 0; i < arguments->count; i++) {
                const char *value = arguments->values[i];
                if (i)
                        text_add_char(&line, ' ');
                if (!needs_quotes(value)) {
                        text_add(&line, value);
                        continue;
                }
                text_add_char(&line, '\'');
                for (; *value; value++)
                        text_add_span(&line, *value == '\'' ? "'\\''" : value, *value == '\'' ? 4 : 1);
                text_add_char(&line, '\'');
        }
        return text_take(&line);
}
