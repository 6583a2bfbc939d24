// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/base/keyvalue.h"

#include "launcher/rehearsal/base/text.h"

static bool is_space(char character)
{
        return character == ' ' || (character >= '\b' && character <= '\r') || character == '\xA0';
}

static struct span trim(struct span span)
{
        while (span.size && is_space(span.at[0])) {
                span.at++;
                span.size--;
        }
        while (span.size && is_space(span.at[span.size - 1]))
                span.size--;
        return span;
}

// Splits TEXT at the first STOP: returns the part before it, and leaves the part after it in TEXT.
static struct span take_until(struct span *text, char stop)
{
        struct span taken = {.at = text->at};
        while (taken.size < text->size && text->at[taken.size] != stop)
                taken.size++;
        size_t passed = taken.size < text->size ? taken.size + 1 : taken.size;
        text->at += passed;
        text->size -= passed;
        return taken;
}

bool keyvalue_next(struct keyvalue_reader *reader, struct keyvalue *pair)
{
        while (reader->rest.size) {
                struct span line = trim(take_until(&reader->rest, '\n'));
                reader->line++;
                if (!line.size || line.at[0] == '#')
                        continue;
                pair->key = trim(take_until(&line, '='));
                pair->value = trim(line);
                pair->line = reader->line;
                return true;
        }
        return false;
}

// In esx-boot's order.
static const char *const loader_keys[] = {
        "kernel", "kernelopt", "modules",   "title",       "prefix",     "nobootif",         "timeout", "noquirks",
        "norts",  "crypto",    "runtimewd", "tftpblksize", "acpitables", "runtimewdtimeout", "skip",    "errtimeout",
};

static bool begins(const char *word, struct span text)
{
        size_t i = 0;
        while (i < text.size && word[i] && text_lower(text.at[i]) == word[i])
                i++;
        return i == text.size;
}

static bool is_taken_for(struct span text, const char *key)
{
        for (size_t i = 0; i < sizeof loader_keys / sizeof *loader_keys; i++)
                if (begins(loader_keys[i], text))
                        return text_equal(loader_keys[i], key);
        return false;
}

struct span keyvalue_find(struct span text, const char *key)
{
        struct span value = {0};
        while (text.size) {
                struct span whole = take_until(&text, '\n');
                struct span line = trim(take_until(&whole, '\0'));
                struct span before = take_until(&line, '=');
                bool has_value = line.at > before.at + before.size;
                if (has_value && before.at[0] != '#' && is_taken_for(before, key))
                        value = trim(line);
        }
        return value;
}
