// SPDX-License-Identifier: Apache-2.0
#include "launcher/rehearsal/base/keyvalue.h"

#include "launcher/rehearsal/base/text.h"

static bool is_space(char character)
{
        return character == ' ' || character == '\t' || character == '\r';
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

struct span keyvalue_find(struct span text, const char *key)
{
        struct keyvalue_reader reader = {.rest = text};
        struct keyvalue pair;
        struct span value = {0};
        while (keyvalue_next(&reader, &pair))
                if (text_is_word(pair.key.at, pair.key.size, key))
                        value = pair.value;
        return value;
}
