// SPDX-License-Identifier: Apache-2.0
#include "launcher/payload/kickstart-words.h"

#include <string.h>

#include "base/text.h"

#define BLANKS " \t\r"

void kickstart_words_free(struct kickstart_words *words)
{
        arguments_free(&words->list);
        *words = (struct kickstart_words){0};
}

// Adds what is in the quotes at AT to WORD. Returns the position after them.
static const char *read_quoted(const char *at, struct text *word, struct kickstart_words *words)
{
        char quote = *at++;
        for (; *at && *at != quote; at++) {
                if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
                        at++;
                words->has_blank = words->has_blank || strchr(BLANKS, *at);
                text_add_char(word, *at);
        }
        words->is_open = words->is_open || !*at;
        return at + (*at == quote);
}

// Adds the word at AT. Returns the position after it.
static const char *read_word(const char *at, struct kickstart_words *words)
{
        AUTO_TEXT struct text word = {0};
        while (*at && *at != '#' && !strchr(BLANKS, *at)) {
                if (*at == '"' || *at == '\'') {
                        at = read_quoted(at, &word, words);
                        continue;
                }
                at += *at == '\\';
                words->is_open = words->is_open || !*at;
                words->has_blank = words->has_blank || (*at && strchr(BLANKS, *at));
                if (*at)
                        text_add_char(&word, *at++);
        }
        words->is_cut = *at == '#';
        arguments_add(&words->list, text_string(&word));
        return at;
}

void kickstart_words_split(const char *line, struct kickstart_words *words)
{
        for (line += strspn(line, BLANKS); *line && *line != '#'; line += strspn(line, BLANKS))
                line = read_word(line, words);
        words->has_comment = *line && words->list.count;
}
