// SPDX-License-Identifier: Apache-2.0
#include "launcher/evidence/redact.h"

#include <ctype.h>
#include <string.h>

// A secret found: its length and its replacement.
struct find {
        size_t length;
        const char *stands_for;
};

static bool begins(struct bytes view, const char *text)
{
        size_t length = strlen(text);
        return view.size >= length && memcmp(view.data, text, length) == 0;
}

// How many bytes from AT on precede one of ENDS or a control character.
static size_t span(struct bytes view, size_t at, const char *ends)
{
        size_t end = at;
        while (end < view.size && view.data[end] >= ' ' && !strchr(ends, view.data[end]))
                end++;
        return end - at;
}

// "$6$salt$hash" and similar. Source: crypt(5).
static bool find_hash(struct bytes view, struct find *find)
{
        static const char *const prefixes[] = {"$1$", "$2a$", "$2b$", "$2x$",  "$2y$",  "$5$",   "$6$",
                                               "$7$", "$y$",  "$gy$", "$md5$", "$md5,", "$sha1$"};
        for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
                if (!begins(view, prefixes[i]))
                        continue;
                *find = (struct find){span(view, 0, " \"'\\:;<>"), "<password hash>"};
                return true;
        }
        return false;
}

// These words stay; what follows is hidden, up to the end of the line or argument.
static const struct {
        const char *word, *ends, *stands_for;
} values[] = {
        {"rootpw ", "\"\\", "rootpw <hidden>"},
        {"rootpw\t", "\"\\", "rootpw <hidden>"},
        {"password=", " ,\"'\\", "password=<hidden>"},
        {"passwd=", " ,\"'\\", "passwd=<hidden>"},
};

static bool find_value(struct bytes view, struct find *find)
{
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
                size_t length = strlen(values[i].word);
                if (!begins(view, values[i].word))
                        continue;
                *find = (struct find){length + span(view, length, values[i].ends), values[i].stands_for};
                return true;
        }
        return false;
}

enum {
        GROUPS = 5, // of a licence key
        GROUP_LENGTH = 5,
        KEY_LENGTH = GROUPS * (GROUP_LENGTH + 1) - 1,
};

static bool is_letter_or_digit(struct bytes view, size_t at)
{
        return at < view.size && isalnum(view.data[at]);
}

// "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX", in vmserialnum and on a command line.
static bool find_license(struct bytes view, struct find *find)
{
        for (size_t i = 0; i < KEY_LENGTH; i++) {
                bool is_hyphen = i % (GROUP_LENGTH + 1) == GROUP_LENGTH;
                if (is_hyphen ? view.data[i] != '-' : !is_letter_or_digit(view, i))
                        return false;
        }
        *find = (struct find){KEY_LENGTH, "<licence key>"};
        return !is_letter_or_digit(view, KEY_LENGTH);
}

// A quick check for the first hyphen.
static bool may_be_license(struct bytes view)
{
        return view.size >= KEY_LENGTH && view.data[GROUP_LENGTH] == '-';
}

static bool ends_a_name(struct bytes view, size_t at)
{
        return at >= view.size || strchr("/ \"'\\:,;\n\r", view.data[at]);
}

static bool find_word(struct bytes view, const struct redact_word *words, size_t count, struct find *find)
{
        for (size_t i = 0; i < count; i++) {
                if (!begins(view, words[i].word) || (words[i].is_path && !ends_a_name(view, strlen(words[i].word))))
                        continue;
                *find = (struct find){strlen(words[i].word), words[i].stands_for};
                return true;
        }
        return false;
}

// Marks the bytes that a secret can begin with.
static void mark_beginnings(const struct redact_word *words, size_t count, bool marks[256])
{
        marks['$'] = true;
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
                marks[(uint8_t)values[i].word[0]] = true;
        for (size_t i = 0; i < count; i++)
                marks[(uint8_t)words[i].word[0]] = true;
}

bool redact(struct bytes content, const struct redact_word *words, size_t count, redact_sink *sink, void *context,
            uint64_t *hidden, struct error *err)
{
        bool marks[256] = {false};
        size_t clean = 0;
        mark_beginnings(words, count, marks);
        for (size_t at = 0; at < content.size;) {
                struct bytes rest = {content.data + at, content.size - at};
                struct find find;
                bool found = marks[*rest.data] && (find_hash(rest, &find) || find_value(rest, &find) ||
                                                   find_word(rest, words, count, &find));
                if (!found && !(may_be_license(rest) && find_license(rest, &find))) {
                        at++;
                        continue;
                }
                struct bytes before = {content.data + clean, at - clean};
                struct bytes instead = {(const uint8_t *)find.stands_for, strlen(find.stands_for)};
                if ((before.size && !sink(before, context, err)) || !sink(instead, context, err))
                        return false;
                at += find.length;
                clean = at;
                if (hidden)
                        ++*hidden;
        }
        return clean == content.size || sink(bytes_from(content, clean), context, err);
}
